import { setTimeout } from 'node:timers/promises';
import { AddTagsToCertificateCommand } from '@aws-sdk/client-acm';
import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { CreateSecretCommand, DeleteSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
/** A certificate that is delivered and consumed, and one that somebody has just tagged. */
let api: string;
let shop: string;
beforeAll(async () => {
  courier = await startCourierLab();
  api = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
  await courier.service({ name: 'api', secret: 'courier/api' });
  shop = await courier.issue({ name: 'shop.example.com' });
});
afterEach(async () => {
  expect(await courier.wreckage()).toEqual([]);
});
afterAll(() => courier.stop());

const reExport = (request: object) => courier.invoke('re-export', request);
const tag = (CertificateArn: string, Key: string, Value: string) =>
  courier.acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key, Value }] }));
const refusal = (reason: string, message: string, hint: unknown = expect.any(String)) => ({
  ok: false,
  plan: [],
  results: [],
  errors: [{ reason, message, hint }],
  unseen: [],
});
const nothingToDo = (certificateArn: string, name: string) => ({ certificateArn, name, state: 'nothing to do' });

describe('what a request names', () => {
  it.each([
    ['an ARN', () => ({ certificateArn: api })],
    ['a domain name', () => ({ domainName: 'api.example.com' })],
    ['a secret', () => ({ secret: 'courier/api' })],
    ['everything', () => ({ all: true })],
  ])('is found by %s', async (_, request) => {
    const answer = await reExport(request());
    expect(answer).toMatchObject({ ok: true, results: [nothingToDo(api, 'api.example.com')], errors: [] });
  });

  it('is answered with similar names where it is mistyped', async () => {
    expect(await reExport({ domainName: 'api.exmaple.com' })).toEqual(
      refusal(
        'UnknownCertificate',
        'No certificate in this account and region fits domain name "api.exmaple.com"',
        expect.stringContaining('aws acm list-certificates'),
      ),
    );
    expect(await reExport({ domainName: 'apis.example.com' })).toEqual(
      refusal(
        'UnknownCertificate',
        'No certificate in this account and region fits domain name "apis.example.com"',
        'Similar names are: api.example.com, shop.example.com',
      ),
    );
  });

  it('is asked for by ARN where two certificates have the name', async () => {
    const [one, other] = [
      await courier.issue({ name: 'same.example.com' }),
      await courier.issue({ name: 'same.example.com' }),
    ];
    const { ok, errors } = await reExport({ domainName: 'same.example.com' });
    expect({ ok, reason: errors[0].reason }).toEqual({ ok: false, reason: 'AmbiguousName' });
    expect(errors[0].message).toContain(one);
    expect(errors[0].message).toContain(other);
  });

  it.each([
    [
      'a secret that nobody delivers to',
      { secret: 'courier/none' },
      'secret "courier/none"',
      'courier:secret=courier/none',
    ],
    [
      'an ARN that ACM does not have',
      { certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000' },
      'ARN "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"',
      'aws acm list-certificates',
    ],
    [
      'an ARN of another region, which IAM would deny to look up',
      { certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000' },
      'ARN "arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"',
      'mind region and account',
    ],
  ])('is refused with what would be right for %s', async (_, request, asked, near) => {
    expect(await reExport(request)).toEqual(
      refusal(
        'UnknownCertificate',
        `No certificate in this account and region fits ${asked}`,
        expect.stringContaining(near),
      ),
    );
  });

  it('is refused with the command to tag it where nobody has', async () => {
    const answer = await reExport({ certificateArn: shop });
    expect(answer).toMatchObject(
      refusal(
        'NothingAsked',
        'The certificate of "shop.example.com" is not tagged courier:secret, and without the tag a key is never exported',
        expect.stringContaining('Key=courier:secret,Value=courier/shop.example.com'),
      ),
    );
  });
});

describe('a request', () => {
  it('with dryRun shows every step and does nothing', async () => {
    await tag(shop, 'courier:secret', 'courier/shop');
    const mark = courier.lab.calls().length;
    const answer = await reExport({ certificateArn: shop, dryRun: true });
    await courier.settle();
    expect(answer).toMatchObject({ ok: true, results: [], errors: [] });
    expect(answer.plan.map(({ step }: { step: string }) => step)).toEqual(['export', 'store', 'promote', 'tell']);
    const attributes = { severity: 'info', reason: 'Delivered', domain: 'shop.example.com', certificateArn: shop };
    expect(answer.notices).toEqual([{ subject: expect.stringContaining('shop.example.com'), attributes }]);
    const called = courier.lab.calls().slice(mark);
    expect(called.filter(({ operation, caller }) => caller !== 'operator' && !reads.test(operation))).toEqual([]);
  });

  it('plans and queues, and a requestId that is repeated queues once', async () => {
    courier.fail('ExportCertificate', '500');
    const request = { certificateArn: shop, requestId: 'ticket-42' };
    const results = [{ certificateArn: shop, name: 'shop.example.com', state: 'queued' }];
    for (const answer of [await reExport(request), await reExport(request)]) {
      expect(answer).toMatchObject({ ok: true, results, errors: [] });
      expect(answer.plan.at(-1)).toMatchObject({ step: 'tell', certificateArn: shop, secret: 'courier/shop' });
    }
    expect(await courier.waiting('deliveries.fifo')).toBe(1);
    await courier.settle();
    expect(courier.told(shop)).toEqual(['info Delivered']);
  });

  it('for all shows and queues every tagged certificate, and says what cannot be', async () => {
    await courier.manager.send(new CreateSecretCommand({ Name: 'courier/foreign', SecretString: 'x' }));
    const foreign = await courier.issue({ name: 'foreign.example.com', secret: 'courier/foreign' });
    await courier.renew(shop);
    const answer = await reExport({ all: true });
    await courier.settle();
    expect(answer.ok).toBe(false);
    expect(answer.results).toContainEqual({ certificateArn: shop, name: 'shop.example.com', state: 'queued' });
    expect(answer.results).toContainEqual(nothingToDo(api, 'api.example.com'));
    expect(answer.errors.map(({ reason }: { reason: string }) => reason)).toEqual(['SecretNotOurs']);
    expect(courier.told(foreign)).toEqual(['action SecretNotOurs']);
    expect((await courier.current('courier/shop')).id).toContain(await courier.serialOf(shop));
  });

  it('for all says what goes wrong with one certificate, and goes on with the others', async () => {
    const renewUnheard = async (arn: string) => {
      courier.lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault: 'lose', nth: 1 });
      await courier.renew(arn);
    };
    const reasons = ({ errors }: { errors: readonly { reason: string }[] }) => errors.map(({ reason }) => reason);
    await renewUnheard(api);
    await renewUnheard(shop);
    courier.fail('SendMessage', '500');
    const unsent = await reExport({ all: true });
    await courier.settle();
    expect(reasons(unsent).toSorted()).toEqual(['AwsUnavailable', 'SecretNotOurs']);
    // In the order of their ARNs: one of the two was not sent, and could not be renewed again before it is.
    expect(unsent.results.map(({ state }: { state: string }) => state)).toEqual(['queued']);
    await reExport({ all: true });
    await courier.settle();

    await renewUnheard(shop);
    courier.fail('DescribeSecret', 'denied', { attempts: 1 });
    const unseen = await reExport({ all: true });
    await courier.settle();
    expect(reasons(unseen)).toContain('AccessDenied');
    expect(unseen.unseen).toEqual([expect.stringContaining('secretsmanager:DescribeSecret')]);

    await reExport({ all: true });
    await courier.settle();
    expect((await courier.current('courier/api')).id).toContain(await courier.serialOf(api));
  });

  it('for all is answered in parts, each of which says where the next one goes on', async () => {
    const whole = await reExport({ all: true, dryRun: true });
    const parts: Awaited<ReturnType<typeof reExport>>[] = [];
    for (let next: { after?: string; left: number } | undefined = { left: 1 }; next; next = parts.at(-1)?.next)
      parts.push(await reExport({ all: true, dryRun: true, atMost: 2, ...(next.after && { after: next.after }) }));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ next }) => next?.left ?? 0)).toEqual(
      parts.map((_, index) => Math.max(0, parts[0]?.next.left - 2 * index)),
    );
    for (const member of ['plan', 'results', 'errors', 'notices'])
      expect(parts.flatMap((one) => one[member])).toEqual(whole[member]);
    expect(whole).not.toHaveProperty('next');
  });

  it('for a paused certificate says so and queues nothing', async () => {
    const paused = await courier.issue({
      name: 'paused.example.com',
      secret: 'courier/paused',
      tags: { 'courier:pause': 'true' },
    });
    expect(await reExport({ certificateArn: paused })).toMatchObject({
      ok: true,
      results: [{ name: 'paused.example.com', state: 'paused' }],
    });
    expect(await courier.waiting('deliveries.fifo')).toBe(0);
  });

  it('with force makes one new version of the same serial and restarts once, however often it is repeated', async () => {
    const before = await courier.current('courier/api');
    const restarts = await courier.restarts('api');
    const request = { certificateArn: api, force: true, requestId: 'ticket-43' };
    await reExport(request);
    await courier.settle();
    const after = await courier.current('courier/api');
    await courier.lab.clock.advance(600_000);
    await reExport(request);
    await courier.settle();

    expect(after.id).not.toBe(before.id);
    expect(after.id.slice(0, 60)).toBe(before.id.slice(0, 60));
    expect(after.value.passphrase).not.toBe(before.value.passphrase);
    expect((await courier.current('courier/api')).id).toBe(after.id);
    expect((await courier.restarts('api')) - restarts).toBe(1);
    expect(await courier.served('api')).toEqual([await courier.serialOf(api)]);
  });
});

describe('a stopped rollout', () => {
  it('rests until a person has mended the service and accepts it', async () => {
    const configuration = { Name: 'app/stopped', SecretString: 'configuration' };
    await courier.manager.send(new CreateSecretCommand(configuration));
    const arn = await courier.issue({ name: 'stopped.example.com', secret: 'courier/stopped' });
    const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: true } };
    const alsoReads = configuration.Name;
    await courier.service({ name: 'stopped', secret: 'courier/stopped', alsoReads, deploymentConfiguration });
    await courier.manager.send(new DeleteSecretCommand({ SecretId: alsoReads, ForceDeleteWithoutRecovery: true }));
    await courier.renew(arn);
    await courier.settle();
    const told = ['info Delivered', 'critical DeploymentFailed'];

    const asked = await reExport({ certificateArn: arn });
    await courier.settle();
    expect(asked.plan).toMatchObject([{ step: 'rest' }]);
    expect([await courier.restarts('stopped'), courier.told(arn)]).toEqual([1, told]);

    await courier.manager.send(new CreateSecretCommand(configuration));
    await courier.ecs.send(new UpdateServiceCommand({ cluster: 'prod', service: 'stopped', forceNewDeployment: true }));
    await courier.lab.clock.advance(30_000);
    const accepted = await reExport({ certificateArn: arn, accept: true });
    await courier.settle();
    expect(accepted.plan).toMatchObject([{ step: 'accept' }, { step: 'tell' }]);
    expect(await courier.served('stopped')).toEqual([await courier.serialOf(arn)]);
    expect([await courier.restarts('stopped'), courier.told(arn)]).toEqual([2, [...told, 'info Delivered']]);
  });
});

describe('a request with wait', () => {
  /** Lets lab time pass while a call follows it: a step whenever the lab is at rest. */
  async function meanwhile<T>(call: Promise<T>): Promise<T> {
    let answered = false;
    const answer = call.finally(() => {
      answered = true;
    });
    for (let step = 0; !answered && step < 400; step++) {
      await courier.lab.clock.advance(5_000);
      await Promise.race([answer, setTimeout(50)]);
    }
    return answer;
  }

  it('follows the delivery until every task serves the new certificate', async () => {
    const arn = await courier.issue({ name: 'wait.example.com', secret: 'courier/wait' });
    await courier.service({ name: 'wait', secret: 'courier/wait' });
    courier.lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault: 'lose', nth: 1 });
    await courier.renew(arn);
    const answer = await meanwhile(reExport({ certificateArn: arn, wait: true }));
    expect(answer).toMatchObject({ ok: true, results: [{ certificateArn: arn, state: 'delivered' }], errors: [] });
    expect(await courier.served('wait')).toEqual([await courier.serialOf(arn)]);
    expect(await courier.restarts('wait')).toBe(1);
  });

  it('follows a roll-back until every task serves the version before', async () => {
    const arn = await courier.issue({ name: 'back.example.com', secret: 'courier/back' });
    await courier.service({ name: 'back', secret: 'courier/back' });
    const before = await courier.current('courier/back');
    await courier.renew(arn);
    await courier.settle();
    expect((await courier.current('courier/back')).id).not.toBe(before.id);
    const answer = await meanwhile(reExport({ secret: 'courier/back', rollBack: true, wait: true }));
    expect(answer).toMatchObject({ ok: true, results: [{ certificateArn: arn, state: 'delivered' }], errors: [] });
    expect(answer.plan.map(({ step }: { step: string }) => step)).toEqual(['bar', 'promote', 'restart', 'tell']);
    expect(await courier.served('back')).toEqual([before.id.slice(0, 40)]);
  });

  it('names a refused secret once, and goes on with the other of the certificate, whatever events are lost', async () => {
    const arn = await courier.issue({ name: 'pair.example.com', secret: 'courier/pair' });
    await courier.service({ name: 'pair', secret: 'courier/pair' });
    await courier.manager.send(new CreateSecretCommand({ Name: 'courier/not-ours', SecretString: 'somebody else' }));
    await tag(arn, 'courier:secret', 'courier/pair courier/not-ours');
    // One for each label: NEXT, AWSCURRENT, SINCE.
    const labelled = Array(3).fill('Secret Label Updated');
    for (const operation of ['ACM Certificate Available', ...labelled])
      courier.lab.faults.add({ service: 'events', operation, fault: 'lose', nth: 1 });
    await courier.renew(arn);
    const { ok, errors } = await meanwhile(reExport({ certificateArn: arn, wait: true }));
    await courier.settle();
    expect({ ok, errors }).toMatchObject({ ok: false, errors: [{ reason: 'SecretNotOurs' }] });
    expect(await courier.served('pair')).toEqual([await courier.serialOf(arn)]);
  });

  it('is answered as soon as the delivery is refused', async () => {
    const Name = 'courier/refused';
    const arn = await courier.issue({ name: 'refused.example.com' });
    await tag(arn, 'courier:secret', Name);
    courier.fail('GetRandomPassword', 'throttle', { attempts: 2 });
    const mark = courier.lab.calls().length;
    const answering = meanwhile(reExport({ certificateArn: arn, wait: true }));
    const throttled = () => courier.callsOf('deliver', mark).some(({ ok }) => !ok);
    await expect.poll(throttled, { interval: 1, timeout: 10_000 }).toBe(true);
    await courier.manager.send(new CreateSecretCommand({ Name, SecretString: 'somebody else' }));
    const { ok, results, errors } = await answering;
    expect({ ok, results }).toEqual({ ok: false, results: [] });
    expect(errors).toMatchObject([{ reason: 'SecretNotOurs' }]);
  });
});

/** Operations that change nothing in AWS. */
const reads = /^(Describe|List|Get|Search)/;
