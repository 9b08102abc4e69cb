import { randomUUID } from 'node:crypto';
import { DeleteCertificateCommand } from '@aws-sdk/client-acm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renewalActions } from '../../lab/authority.ts';
import type { BusEvent } from '../../lab/eventbridge.ts';
import type { Mail } from '../../lab/sns.ts';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const day = 86_400_000;

let courier: CourierLab;
/** Delivered to a service, and blocked for want of a permission; ACM's word of it, as it came. */
let arn: string;
let event: BusEvent;

beforeAll(async () => {
  courier = await startCourierLab({ renewPrivate: false });
  arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
  await courier.service({ name: 'web', secret: 'courier/api' });
  setPermission([]);
  await courier.lab.clock.advance(350 * day);
  await courier.settle();
  event = blockedEvent(arn);
}, 120_000);
afterAll(async () => {
  expect(await courier.wreckage()).toEqual([]);
  await courier.stop();
});

const ca = () => {
  const found = courier.lab.authority.cas.find((one) => one.arn === courier.lab.caArns.subordinate);
  if (!found) throw new Error('The lab has no subordinate CA');
  return found;
};
function setPermission(Actions: readonly string[]): void {
  const permission = { Principal: 'acm.amazonaws.com', Actions, SourceAccount: ca().account, CreatedAt: new Date(0) };
  ca().permissions = Actions.length > 0 ? [permission] : [];
}

function blockedEvent(certificateArn: string): BusEvent {
  const found = courier.lab
    .events()
    .findLast(
      ({ resources, ...one }) =>
        one['detail-type'] === 'ACM Certificate Renewal Action Required' && resources[0] === certificateArn,
    );
  if (!found) throw new Error('ACM did not say that it could not renew');
  return found;
}

/** What people are told when an event comes, or comes again under an id of its own. */
async function toldOf(one: BusEvent, detail: Readonly<Record<string, unknown>> = {}): Promise<readonly Mail[]> {
  const before = courier.lab.mail().length;
  await courier.invoke('renewal-action-required', {
    ...one,
    id: randomUUID(),
    detail: { ...(one.detail as object), ...detail },
  });
  await courier.settle();
  return courier.lab.mail().slice(before);
}

const plain = (mail: Mail | undefined) => (mail?.body ?? '').replace(/\s+/g, ' ');
const reasons = (mails: readonly Mail[]) =>
  mails.map(({ attributes: { severity, reason } }) => `${severity} ${reason}`);

describe('a mail says what is so when it is written, whatever the event said', () => {
  it('names who is affected', async () => {
    const [mail] = await toldOf(event);
    expect(mail?.attributes.reason).toBe('AuthorityDoesNotPermit');
    expect(plain(mail)).toContain('Secret "courier/api" holds it as it is now');
    expect(plain(mail)).toContain('ECS service "web" in cluster "prod" reads secret "courier/api"');
  });

  it.each(['PCA_INVALID_STATE', 'CAA_ERROR', 'PENDING_DOMAIN_VALIDATION', 'SLR_NOT_FOUND', 'A_NEW_REASON', 'toString'])(
    'and not %s, where the event says that',
    async (RenewalStatusReason) => {
      const mails = await toldOf(event, { RenewalStatusReason });
      expect(reasons(mails)).toEqual(['action AuthorityDoesNotPermit']);
      expect(mails[0]?.body).not.toContain(RenewalStatusReason);
    },
  );

  it('and that nothing is in the way any more, where it was mended meanwhile', async () => {
    setPermission(renewalActions);
    const mails = await toldOf(event);
    setPermission([]);
    expect(reasons(mails)).toEqual(['warning CauseGoneRenewNow']);
    expect(plain(mails[0])).toContain('its private CA did not permit ACM to issue. That is mended now');
    expect(mails[0]?.body).toContain('aws acm renew-certificate');
  });

  it('and that the CA is disabled, where that came after the permission was given', async () => {
    setPermission(renewalActions);
    ca().status = 'DISABLED';
    const mails = await toldOf(event);
    ca().status = 'ACTIVE';
    setPermission([]);
    expect(reasons(mails)).toEqual(['action AuthorityDisabled']);
    expect(mails[0]?.body).not.toContain('create-permission');
  });

  it('and all that is in the way, each mended before the one renewal', async () => {
    ca().status = 'DISABLED';
    const [mail] = await toldOf(event);
    ca().status = 'ACTIVE';
    const calls = [...(mail?.body ?? '').matchAll(/aws (acm\S* \S+)/g)].map(([, call]) => call);
    expect(calls).toEqual([
      'acm-pca update-certificate-authority',
      'acm-pca create-permission',
      'acm renew-certificate',
    ]);
  });

  it('nothing of a certificate that was renewed meanwhile', async () => {
    const other = await courier.issue({ name: 'late.example.com', secret: 'courier/late' });
    setPermission(renewalActions);
    await courier.renew(other);
    await courier.settle();
    setPermission([]);
    const mails = await toldOf({ ...event, resources: [other] });
    expect(mails).toEqual([]);
  });

  it('nothing of a certificate that is gone', async () => {
    const other = await courier.issue({ name: 'gone.example.com' });
    await courier.acm.send(new DeleteCertificateCommand({ CertificateArn: other }));
    expect(await toldOf({ ...event, resources: [other] })).toEqual([]);
  });
});

describe('a server that takes the connection and never answers', { timeout: 240_000 }, () => {
  it('is not waited for: the warning goes out, and says what could not be seen', async () => {
    courier.fail('DescribeCertificateAuthority', 'timeout');
    courier.fail('DescribeSecret', 'timeout');
    const mails = await toldOf(event);
    expect(reasons(mails)).toEqual(['action AuthorityDoesNotPermit']);
    expect(plain(mails[0])).toContain('What could not be seen');
  });

  it('has the mail sent, once, after SNS was silent', async () => {
    courier.lab.faults.add({ service: 'sns', operation: 'Publish', fault: 'timeout', nth: 1 });
    const mails = await toldOf(event);
    expect(new Set(reasons(mails))).toEqual(new Set(['action AuthorityDoesNotPermit']));
  });
});

it('an all-clear says of a secret that still holds the certificate before that the new one is on its way', async () => {
  setPermission(renewalActions);
  const before = courier.lab.mail().length;
  await courier.renew(arn);
  await courier.settle();
  const mail = courier.lab
    .mail()
    .slice(before)
    .find(({ attributes }) => attributes.severity === 'resolved');
  expect(mail?.subject).toMatch(/^\[resolved\] api\.example\.com: renewed, good for 39\d days$/);
  // Whether the delivery or the all-clear comes first is a matter of milliseconds.
  const [isOld, isOnItsWay] = ['still holds an earlier', 'queued for delivery'].map((words) =>
    plain(mail).includes(words),
  );
  expect(isOnItsWay).toBe(isOld);
});
