import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
let arn: string;
const secret = 'courier/api';
beforeAll(async () => {
  courier = await startCourierLab();
  // The first hour of a stack is for its first digest.
  await courier.lab.clock.advance(2 * 3_600_000);
  arn = await courier.issue({ name: 'api.example.com', secret });
  await courier.service({ name: 'web', secret });
});
afterAll(() => courier.stop());

/** What a function wrote since a mark (`courier.lab.logs().length`), as far as it is in JSON. */
const linesOf = (name: string, since: number) =>
  courier.lab
    .logs()
    .slice(since)
    .filter(({ function: of, line }) => of === `acm-courier-lab-${name}` && line.startsWith('{'))
    .map(({ line }) => JSON.parse(line));

const recordsOf = (name: string, since: number) => linesOf(name, since).filter(({ message }) => message === 'Decided');

const mark = () => courier.lab.logs().length;

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
  const concern = (cause: string, of: object) => ({
    messageId: cause,
    receiptHandle: cause,
    body: JSON.stringify({ certificateArn: arn, cause, ...of }),
    attributes: { SentTimestamp: `${courier.lab.clock.now().getTime()}`, ApproximateReceiveCount: '1' },
  });
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
