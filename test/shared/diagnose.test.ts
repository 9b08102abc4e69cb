import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import { diagnose } from '../../shared/diagnose.ts';
import type { World } from '../../shared/diagnosing.ts';
import type { Certificate } from '../../shared/domain/certificate.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { Concern } from '../../shared/events/queued.ts';
import { workOff } from '../../shared/work-off.ts';
import { arn, but, day, now, place } from './domain/sample.ts';

const denied = () => Promise.reject(new Trouble(finding('AccessDenied', { detail: 'iam says no' })));
/** Imported, in use, and so near its end that a warning is due. */
const ending = but({
  type: 'imported',
  tags: {},
  notBefore: now - 380 * day,
  notAfter: now + 15 * day,
  eligible: false,
});

type Given = { readonly certificate?: Certificate; readonly seconds?: number; readonly attempt?: number };

/** What a concern comes to, `seconds` after it was queued, and what people are told. */
async function told(concern: Partial<Concern>, { certificate = ending, seconds = 0, attempt = 1 }: Given, other = {}) {
  const mails: Notice[] = [];
  const closed: unknown[] = [];
  const world = {
    place,
    settings: { mode: 'deliver', secretPrefix: 'courier/', notices: 'all', renewPrivate: false },
    now: () => now,
    sleep: () => new Promise(() => {}),
    log: () => {},
    count: () => {},
    deliveries: { add: async () => {} },
    secrets: {},
    services: {},
    topic: { tell: async (notice: Notice) => void mails.push(notice) },
    certificates: { describe: async () => ({ certificate }) },
    history: { daysBefore: async () => 10, warnings: async () => 1 },
    securityHub: { put: async (one: { RecordState: string }) => void closed.push(one.RecordState) },
    ...other,
  } as unknown as World;
  const all = { certificateArn: arn, cause: 'event', about: 'expiring', days: 15, ...concern } as const;
  const outcome = await diagnose(all, { sentAt: now - seconds, attempt, world });
  return {
    outcome,
    mails,
    closed,
    reasons: mails.map(({ attributes }) => attributes.reason),
    body: mails[0]?.body ?? '',
  };
}

describe('tags that cannot be read', () => {
  const certificates = { describe: async () => ({ certificate: ending, unseen: 'Tags are denied' }) };
  it('are waited for, and do not stop a warning', async () => {
    expect((await told({}, { seconds: 599 }, { certificates })).outcome).toMatchObject({ is: 'again' });
    const { reasons, body } = await told({}, { seconds: 600 }, { certificates });
    expect(reasons).toEqual(['ImportedEnds']);
    expect(body).toContain('What could not be seen\n  Tags are denied.');
  });
});

describe('an error of our own', () => {
  const certificates = { describe: () => Promise.reject(new TypeError('not a function')) };
  it('is thrown twice, then told in the words of the event', async () => {
    await expect(told({}, { attempt: 2 }, { certificates })).rejects.toThrow('not a function');
    const { reasons, body } = await told({}, { attempt: 3 }, { certificates });
    expect(reasons).toEqual(['CertificateUnseen']);
    expect(body).toContain('TypeError: not a function');
  });
});

describe('a revocation that ACM tells of', () => {
  it('is waited for until ACM shows it, and then told on its word', async () => {
    const certificate = but({ type: 'public', tags: {}, inUseBy: ['arn:aws:x'] });
    const revoked = { about: 'revoked', days: undefined } as never;
    expect((await told(revoked, { certificate, seconds: 599 })).outcome).toMatchObject({ is: 'again' });
    const dns = { caa: async () => ({ is: 'unseen', why: 'no' }) };
    expect((await told(revoked, { certificate, seconds: 600 }, { dns })).reasons).toEqual(['Revoked']);
  });
});

describe('what may be an all-clear', () => {
  const good = but({ type: 'imported', tags: {}, notBefore: now, notAfter: now + 395 * day });
  const renewed = { about: 'renewed' } as const;
  it('is one for whoever was warned', async () => {
    expect((await told(renewed, { certificate: good })).reasons).toEqual(['RenewedAfterAll']);
  });

  it('is a warning where what was imported ends as soon', async () => {
    expect((await told(renewed, {})).reasons).toEqual(['ImportedEnds']);
    const expired = but({ ...ending, status: 'expired' });
    expect((await told(renewed, { certificate: expired })).reasons).toEqual(['Expired']);
  });

  it('is none where this stack warned of nothing in these days', async () => {
    const history = { daysBefore: async () => 10, warnings: async () => 0 };
    const { reasons, closed } = await told(renewed, { certificate: good }, { history });
    expect([reasons, closed]).toEqual([[], ['ARCHIVED']]);
  });

  it('is sent, and says so, where nobody can see whether there was a warning', async () => {
    const history = { daysBefore: denied };
    expect((await told(renewed, { certificate: good, seconds: 599 }, { history })).reasons).toEqual([]);
    const { reasons, body } = await told(renewed, { certificate: good, seconds: 600 }, { history });
    expect(reasons).toEqual(['RenewedAfterAll']);
    expect(body.replaceAll(/\s+/g, ' ')).toContain('Whether earlier mails warned of it: AWS denied');
  });
});

it('what is gone, or well again, is closed in Security Hub', async () => {
  const gone = { certificates: { describe: async () => null } };
  expect((await told({}, {}, gone)).closed).toEqual(['ARCHIVED']);
  const pending = but({ ...ending, type: 'public', origin: 'acme', status: 'inactive' });
  expect((await told({}, { certificate: pending })).closed).toEqual(['ARCHIVED']);
});

it('a message that cannot be read goes back at once, so that it is soon among the dead', async () => {
  const back: number[] = [];
  const answer = await workOff([{ id: 'm', receiptHandle: 'r', body: '{"not', sentAt: now, attempt: 1 }], {
    read: (value) => value as Concern,
    look: () => Promise.reject(new Error('Looked at what cannot be read')),
    queue: { comeBack: async (_, { seconds }) => void back.push(seconds) },
    world: { log: () => {}, place },
  });
  expect([answer.batchItemFailures, back]).toEqual([[{ itemIdentifier: 'm' }], [0]]);
});

describe('a serial that its authority has revoked', () => {
  const revokedSerial = 'CD'.repeat(20);
  const tagged = but({ type: 'private', tags: { 'courier:secret': 'courier/api' } });
  const queued = async (certificate: Certificate, mode = 'deliver') => {
    const all: object[] = [];
    const deliveries = { add: async (message: object) => void all.push(message) };
    const settings = { mode, secretPrefix: 'courier/', notices: 'all', renewPrivate: false };
    const secrets = { find: async () => ({ state: 'absent' }) };
    await told({ about: 'revoked', revokedSerial }, { certificate }, { deliveries, settings, secrets });
    return all;
  };

  it('is queued, so that nobody goes back to it once ACM has another one', async () => {
    expect(await queued(tagged)).toEqual([
      { certificateArn: arn, cause: 'revoked-event', quiet: true, revoked: 'cd'.repeat(20) },
    ]);
  });

  it.each([
    ['while ACM has no other', but({ ...tagged, serial: 'cd'.repeat(20) }), 'deliver'],
    ['where nothing is delivered', but({ type: 'private', tags: {} }), 'deliver'],
    ['in mode observe', tagged, 'observe'],
  ])('is not, %s', async (_, certificate, mode) => {
    expect(await queued(certificate, mode)).toEqual([]);
  });
});
