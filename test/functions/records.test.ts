import { readdir } from 'node:fs/promises';
import { TagResourceCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';
import { startStack } from './stack-stand-in.ts';

let courier: CourierLab;
let stack: Awaited<ReturnType<typeof startStack>>;
let arn: string;
const secret = 'courier/api';
beforeAll(async () => {
  courier = await startCourierLab();
  stack = await startStack(courier);
  // The first hour of a stack is for its first digest.
  await courier.lab.clock.advance(2 * 3_600_000);
  arn = await courier.issue({ name: 'api.example.com', secret });
  await courier.service({ name: 'web', secret });
});
afterAll(async () => {
  stack.stop();
  await courier.stop();
});

/** What a function wrote since a mark (`courier.lab.logs().length`), as far as it is in JSON. */
const linesOf = (name: string, since: number) =>
  courier.lab
    .logs()
    .slice(since)
    .filter(({ function: of, line }) => of === `acm-courier-lab-${name}` && line.startsWith('{'))
    .map(({ line }) => JSON.parse(line));

const recordsOf = (name: string, since: number) => linesOf(name, since).filter(({ message }) => message === 'Decided');

const mark = () => courier.lab.logs().length;

const concern = (cause: string, of: object) => ({
  messageId: cause,
  receiptHandle: cause,
  body: JSON.stringify({ certificateArn: arn, cause, ...of }),
  attributes: { SentTimestamp: `${courier.lab.clock.now().getTime()}`, ApproximateReceiveCount: '1' },
});

/** The members of every record, whoever wrote it. */
const whole = (certificateArn: string, serial: string) => ({
  ...{ event: expect.stringMatching(/./), certificateArn, serial, seen: expect.objectContaining({}) },
  ...{ decided: expect.stringMatching(/./), why: expect.stringMatching(/./), done: expect.any(Array) },
});

it('the sweep writes one record of each difference, the worker deliver one of each look, with all that it did', async () => {
  const paused = await courier.issue({ name: 'x.example.com', secret: 'courier/x', tags: { 'courier:pause': 'true' } });
  courier.lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault: 'lose', nth: 1 });
  await courier.renew(arn);
  const since = mark();
  await courier.invoke('sweep', {});
  await courier.settle();
  const serial = await courier.serialOf(arn);

  const swept = recordsOf('sweep', since);
  expect(swept).toEqual([
    expect.objectContaining({
      ...whole(arn, serial),
      ...{ secret, decided: 'behind', why: 'missed event', done: ['queued'] },
    }),
    expect.objectContaining({
      ...whole(paused, await courier.serialOf(paused)),
      ...{ decided: 'waiting', why: 'paused', done: [] },
    }),
  ]);

  const looks = recordsOf('deliver', since);
  // Metrics name none.
  const invocations = new Set(linesOf('deliver', since).flatMap((line) => line.function_request_id ?? []));
  expect(looks.map((line) => line.function_request_id)).toEqual([...invocations]);
  for (const one of looks) expect(one).toMatchObject(whole(arn, serial));
  const { id } = await courier.current(secret);
  const own = looks.filter(({ event }) => event === swept[0].event);
  expect(own.flatMap(({ done }) => done)).toEqual(
    expect.arrayContaining([
      'exported',
      `stored ${id} in "${secret}"`,
      `put AWSCURRENT on ${id} in "${secret}"`,
      expect.stringMatching(/^restarted arn:aws:ecs:.*\/web$/),
      'told info Delivered',
    ]),
  );
  expect(own.at(-1)).toMatchObject({ decided: 'done', why: 'delivered', seen: { secrets: { [secret]: id } } });
});

it('the worker diagnose writes one record of each concern, be there nothing to say', async () => {
  const serial = await courier.serialOf(arn);
  const since = mark();
  const Records = [concern('one', { about: 'expired' }), concern('two', { about: 'revoked', revokedSerial: serial })];
  await courier.invoke('diagnose', { Records });
  expect(recordsOf('diagnose', since)).toEqual([
    expect.objectContaining({
      ...whole(arn, serial),
      event: 'one',
      decided: 'done',
      why: 'nothing is wrong',
      done: [],
    }),
    expect.objectContaining({
      ...whole(arn, serial),
      ...{ event: 'two', decided: 'told', why: 'RevokedByAuthority', done: ['told critical RevokedByAuthority'] },
    }),
  ]);
});

/** What a person, an event or a schedule has a function do once, and the records of it. */
const once: Readonly<Record<string, () => Promise<readonly [run: () => Promise<unknown>, ...records: object[]]>>> = {
  'certificate-available': async () => [
    () => bus('certificate-available', 'aws.acm', 'ACM Certificate Available', { Action: 'RENEWAL' }),
    { event: 'event', certificateArn: arn, decided: 'queued', done: ['queued for diagnosis', 'queued for delivery'] },
  ],
  'certificate-expiring': async () => [
    () => bus('certificate-expiring', 'aws.acm', 'ACM Certificate Approaching Expiration', { DaysToExpiry: 30 }),
    { certificateArn: arn, decided: 'queued', why: 'expiring', done: ['queued for diagnosis'] },
  ],
  'certificate-expired': async () => [
    () => bus('certificate-expired', 'aws.acm', 'ACM Certificate Expired', {}),
    { certificateArn: arn, decided: 'queued', why: 'expired', done: ['queued for diagnosis'] },
  ],
  'renewal-action-required': async () => [
    () => bus('renewal-action-required', 'aws.acm', 'ACM Certificate Renewal Action Required', {}),
    { certificateArn: arn, decided: 'queued', why: 'blocked', done: ['queued for diagnosis'] },
  ],
  'secret-changed': async () => [
    () =>
      bus('secret-changed', 'aws.secretsmanager', 'Secret Label Updated', {
        ...{ name: secret, labelUpdated: 'AWSCURRENT', versionId: 'any' },
      }),
    { certificateArn: arn, secret, decided: 'queued', why: 'AWSCURRENT moved', done: ['queued for delivery'] },
  ],
  deliver: async () => [
    () => courier.invoke('deliver', { certificateArn: arn, cause: 'by hand' }),
    { event: 'by hand', certificateArn: arn, decided: 'done', why: 'delivered', done: [] },
  ],
  diagnose: async () => [
    () => courier.invoke('diagnose', { Records: [concern('by hand', { about: 'expired' })] }),
    { event: 'by hand', certificateArn: arn, decided: 'done', why: 'nothing is wrong', done: [] },
  ],
  're-export': async () => [
    () => courier.invoke('re-export', { certificateArn: arn, force: true, requestId: 'ticket' }),
    {
      ...{ event: 'ticket', certificateArn: arn, serial: await courier.serialOf(arn), decided: 'queued' },
      ...{ why: 'asked by hand', done: ['queued for delivery'] },
    },
  ],
  'delivered-certificate': async () => [
    () => stack.create({ CertificateArn: arn, SecretName: secret }),
    { event: 'request-1', certificateArn: arn, secret, decided: 'SUCCESS', why: 'Create', done: [] },
  ],
  sweep: async () => {
    const resourceArn = await courier.service({ name: 'misspelt', secret });
    const tags = [{ key: 'courier:secret', value: 'courier/apj' }];
    await courier.ecs.send(new TagResourceCommand({ resourceArn, tags }));
    // For an hour what fills its secret may still come.
    await courier.lab.clock.advance(3_600_000);
    const told = { why: 'ConsumerOfNothing', done: ['told warning ConsumerOfNothing'] };
    return [
      () => courier.invoke('sweep', {}),
      { event: expect.stringMatching(/^[\w-]{8,}\/courier\/apj$/), secret: 'courier/apj', decided: 'told', ...told },
      { event: expect.stringMatching(/^[\w-]{8,}\/[\w-]{36}$/), decided: 'waiting', why: 'paused', done: [] },
    ];
  },
  // It answers what it saw; who asked decides, and writes that down.
  probe: async () => [() => courier.invoke('probe', { targets: [] })],
};

const bus = (name: string, source: string, detailType: string, detail: object) =>
  courier.invoke(name, {
    ...{ version: '0', id: 'event', source, 'detail-type': detailType, account: '111122223333', region: 'us-east-1' },
    ...{ time: courier.lab.clock.now().toISOString(), resources: [arn], detail },
  });

it('is said of every function', async () => {
  const files = await readdir(new URL('../../functions/', import.meta.url));
  expect(Object.keys(once).toSorted()).toEqual(files.map((file) => file.replace(/\.ts$/, '')).toSorted());
});

it.for(Object.keys(once))('the function %s leaves one record of each decision, with what it did', async (name) => {
  const [run, ...records] = (await once[name]?.()) ?? [];
  await courier.settle();
  const since = mark();
  await run?.();
  expect(recordsOf(name, since)).toEqual(records.map((one) => expect.objectContaining(one)));
  await courier.settle();
});
