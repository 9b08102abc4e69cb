import { expect, it } from 'vitest';
import type { Versions } from '../../shared/domain/secret.ts';
import type { Message } from '../../shared/events/queued.ts';
import { follow } from '../../shared/follow.ts';
import type { Wanted } from '../../shared/plan.ts';
import { certificate, delivery, idOf, place, present } from './domain/sample.ts';

const message: Message = { certificateArn: certificate.arn, cause: 'request' };

/** Follows a worker that answers the same to every question, for `looks` looks of five seconds; a look takes a minute. */
async function followed(outcome: object, { looks, versions = {} }: { looks: number; versions?: Versions }) {
  const queued: unknown[] = [];
  let left = looks * 5_000 + 70_001;
  const wire = {
    place,
    settings: { secretPrefix: 'courier/' },
    secrets: { find: async () => present(versions) },
    now: () => 0,
    log: () => {},
    sleep: async (milliseconds: number) => {
      left -= milliseconds;
    },
    deliveries: { add: async (one: unknown) => void queued.push(one) },
    worker: { ask: async () => outcome },
  };
  const wanted: readonly Wanted[] = [{ certificate, delivery, asked: {} }];
  const remaining = () => left;
  const problem = await follow(message, { wanted, remaining, wire: wire as never });
  return { problem, queued };
}

it('leaves to the queue what is not current when the time of the call ends, as its answer says', async () => {
  const again = { is: 'again', seconds: 30, because: 'AccessDenied' };
  const { problem, queued } = await followed(again, { looks: 3 });
  expect(problem?.reason).toBe('StillUnderWay');
  expect(problem?.message).toContain('it goes on without the call');
  expect(queued).toEqual([message]);
});

it('answers a refusal at once and queues nothing', async () => {
  const refusal = { reason: 'KeyMismatch', message: 'No pair', hint: '' };
  expect(await followed({ is: 'told', problem: refusal }, { looks: 3 })).toEqual({ problem: refusal, queued: [] });
});

it('queues what became current while another secret of the certificate was refused: its services are old', async () => {
  const refusal = { reason: 'SecretNotOurs', message: 'Not ours', hint: '' };
  const versions = { [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_SINCE_1'] };
  const { problem, queued } = await followed({ is: 'told', problem: refusal }, { looks: 3, versions });
  expect({ problem, queued }).toEqual({ problem: refusal, queued: [message] });
});

it('asks no more when the worker could not answer before the call ends', async () => {
  const { queued } = await followed({ is: 'done', because: 'current' }, { looks: -1 });
  expect(queued).toEqual([message]);
});
