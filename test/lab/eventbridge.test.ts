import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { matchesPattern, patternFlaw } from '../../lab/pattern.ts';
import { functionResource, getArn, type SmallStack, startSmallStack } from './small-stack.ts';

const functions = { seer: `exports.handler = async (event) => console.log(event.id, event.detail.what);` };
const rule = (source: string, targets: object[]) => ({
  Type: 'AWS::Events::Rule',
  Properties: { Name: source, EventPattern: { source: [source] }, Targets: targets },
});
const queue = (name: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName: name } });
const template = {
  Resources: {
    Seer: functionResource('seer'),
    Seen: queue('seen'),
    Dead: queue('dead'),
    ToFunction: rule('to-function', [{ Id: '1', Arn: getArn('Seer') }]),
    ToQueue: rule('to-queue', [{ Id: '1', Arn: getArn('Seen'), RetryPolicy: { MaximumRetryAttempts: 185 } }]),
    ToBusy: rule('to-busy', [
      {
        Id: '1',
        Arn: getArn('Seer'),
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 },
        DeadLetterConfig: { Arn: getArn('Dead') },
      },
    ]),
    ToNobody: rule('to-nobody', [
      {
        Id: '1',
        Arn: 'arn:aws:lambda:us-east-1:111122223333:function:nobody',
        DeadLetterConfig: { Arn: getArn('Dead') },
      },
    ]),
  },
};

let lab: SmallStack;
let bus: EventBridgeClient;
beforeEach(async () => {
  lab = await startSmallStack(template, { functions });
  bus = new EventBridgeClient(lab.client);
});
afterEach(() => lab.stop());

describe('an event', () => {
  it('reaches a function with its envelope, and is kept', async () => {
    const id = await put('to-function', 'x');
    await lab.clock.settled();
    expect(lab.logs()).toEqual([{ function: 'seer', line: `${id} x` }]);
    expect(lab.events()).toMatchObject([
      {
        version: '0',
        id,
        source: 'to-function',
        'detail-type': 'Happened',
        account: '111122223333',
        region: 'us-east-1',
        detail: { what: 'x' },
      },
    ]);
    expect(lab.events()[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('reaches a queue', async () => {
    const id = await put('to-queue', 'x');
    expect((await received('seen')).map(({ Body = '' }) => JSON.parse(Body))).toMatchObject([{ id }]);
  });

  it('is tried again while its target is busy', async () => {
    busy(2);
    const id = await put('to-busy', 'x');
    await lab.clock.advance(179_000);
    expect(lab.logs()).toEqual([]);
    await lab.clock.advance(2_000);
    expect(lab.logs()).toEqual([{ function: 'seer', line: `${id} x` }]);
    expect(await received('dead')).toEqual([]);
  });

  it('goes to the dead-letter queue when its target was busy at every attempt', async () => {
    busy(3);
    const id = await put('to-busy', 'x');
    await lab.clock.advance(600_000);
    expect(lab.logs()).toEqual([]);
    const [dead] = await received('dead');
    expect(JSON.parse(dead?.Body ?? '')).toMatchObject({ id });
    expect(dead?.MessageAttributes?.ERROR_CODE?.StringValue).toBe('THROTTLING');
  });

  it('goes to the dead-letter queue where the target does not exist', async () => {
    const id = await put('to-nobody', 'x');
    const [dead] = await received('dead');
    expect(JSON.parse(dead?.Body ?? '')).toMatchObject({ id });
    expect(dead?.MessageAttributes).toMatchObject({
      ERROR_CODE: { StringValue: 'NO_RESOURCE' },
      RULE_ARN: { StringValue: 'arn:aws:events:us-east-1:111122223333:rule/to-nobody' },
    });
  });

  it.each([
    ['lose', [0, 0]],
    ['double', [2, 2]],
    ['delay', [0, 1]],
  ] as const)('with fault "%s" arrives this often at once and after a minute: %j', async (fault, [atOnce, later]) => {
    lab.faults.add({ service: 'events', operation: 'Happened', fault, nth: 1 });
    const id = await put('to-function', 'x');
    await lab.clock.settled();
    expect(lab.logs()).toHaveLength(atOnce);
    await lab.clock.advance(60_000);
    expect(lab.logs()).toHaveLength(later);
    expect(new Set(lab.logs().map(({ line }) => line)).size).toBeLessThanOrEqual(1);
    await put('to-function', 'y');
    await lab.clock.settled();
    expect(lab.logs()).toHaveLength(later + 1);
    expect(lab.events().map((event) => event.id)).toContain(id);
  });

  it.each([
    ['an AWS source', { Source: 'aws.acm', DetailType: 'x', Detail: '{}' }, 'NotAuthorizedForSourceException'],
    ['a detail that is not JSON', { Source: 'x', DetailType: 'x', Detail: '{' }, 'MalformedDetail'],
    ['no source', { DetailType: 'x', Detail: '{}' }, 'InvalidArgument'],
  ])('with %s is refused within the answer', async (_, entry, code) => {
    const { FailedEntryCount, Entries } = await bus.send(new PutEventsCommand({ Entries: [entry] }));
    expect({ FailedEntryCount, Entries }).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: code }] });
    expect(lab.events()).toEqual([]);
  });
});

describe('a pattern', () => {
  const event = {
    source: 'aws.acm',
    resources: ['arn:1', 'arn:2'],
    detail: { days: 30, name: 'courier/api', none: null, deep: { flag: true } },
  };

  it.each([
    [{ source: ['aws.acm', 'other'] }, true],
    [{ source: ['other'] }, false],
    [{ resources: ['arn:2'] }, true],
    [{ detail: { deep: { flag: [true] } } }, true],
    [{ detail: { deep: { flag: ['true'] } } }, false],
    [{ detail: { none: [null] } }, true],
    [{ detail: { name: [{ prefix: 'courier/' }] } }, true],
    [{ detail: { name: [{ prefix: 'api' }, 'courier/api'] } }, true],
    [{ detail: { name: [{ prefix: 'api' }] } }, false],
    [{ detail: { missing: [{ exists: false }] } }, true],
    [{ source: [{ 'anything-but': ['aws.s3', 'aws.acm'] }] }, false],
    [{ source: [{ 'anything-but': 'aws.s3' }] }, true],
    [{ detail: { missing: [{ 'anything-but': ['x'] }] } }, false],
    [{ source: ['aws.acm'], detail: { days: [1] } }, false],
    [{ detail: { days: { deeper: ['x'] } } }, false],
  ])('%j matches: %s', (pattern, matches) => {
    expect(matchesPattern(pattern, event)).toBe(matches);
  });

  it.each([
    [{}, 'A pattern must be an object with at least one key'],
    [{ source: [] }, '"source" has an empty list'],
    [{ source: 'aws.acm' }, 'A pattern must be an object with at least one key'],
    [{ detail: { name: [{ wildcard: '*' }] } }, '"name" uses "wildcard", which the lab does not match'],
  ])('%j is refused', (pattern, sentence) => {
    expect(patternFlaw(pattern)).toBe(sentence);
  });
});

describe('a rule is refused', () => {
  it.each([
    ['with a pattern that cannot be', { EventPattern: { source: [] } }, '"source" has an empty list'],
    [
      'with a target that changes the event',
      { Targets: [{ Id: '1', Arn: 'x', InputPath: '$.detail' }] },
      'has InputPath',
    ],
    [
      'with a FIFO dead-letter queue',
      { Targets: [{ Id: '1', Arn: 'x', DeadLetterConfig: { Arn: getArn('Fifo') } }] },
      'needs a standard queue',
    ],
  ])('%s', async (_, properties, sentence) => {
    const Fifo = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q.fifo', FifoQueue: true } };
    const Rule = { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: ['x'] }, ...properties } };
    await expect(startSmallStack({ Resources: { Rule, Fifo } })).rejects.toThrow(sentence);
  });
});

/** The next so many attempts to deliver an event find its target busy. */
function busy(attempts: number): void {
  for (let nth = 1; nth <= attempts; nth++)
    lab.faults.add({ service: 'events', operation: 'Happened', fault: 'throttle', nth });
}

async function put(source: string, what: string): Promise<string> {
  const entry = { Source: source, DetailType: 'Happened', Detail: JSON.stringify({ what }) };
  return (await bus.send(new PutEventsCommand({ Entries: [entry] }))).Entries?.[0]?.EventId ?? '';
}

async function received(name: string): Promise<Message[]> {
  const wish = { QueueUrl: `${lab.url}/111122223333/${name}`, MessageAttributeNames: ['All'] };
  return (await new SQSClient(lab.client).send(new ReceiveMessageCommand(wish))).Messages ?? [];
}
