import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { functionResource, getArn, type SmallStack, startSmallStack } from './small-stack.ts';

const hour = 3_600_000;
const functions = { seer: 'exports.handler = async (event) => console.log(JSON.stringify(event));' };
const seerArn = 'arn:aws:lambda:us-east-1:111122223333:function:seer';
const queue = (name: string, more: object = {}) => ({
  Type: 'AWS::SQS::Queue',
  Properties: { QueueName: name, ...more },
});
const roleOf = (service: string, Action: readonly string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
    },
    Policies: [{ PolicyName: 'all', PolicyDocument: { Statement: [{ Effect: 'Allow', Action, Resource: '*' }] } }],
  },
});
const resources = {
  Seer: functionResource('seer'),
  Seen: queue('seen'),
  Ordered: queue('ordered.fifo', { FifoQueue: true }),
  Dead: queue('dead'),
  Schedules: roleOf('scheduler.amazonaws.com', ['lambda:InvokeFunction', 'sqs:SendMessage']),
  OnlyQueues: roleOf('scheduler.amazonaws.com', ['sqs:SendMessage']),
  Nothing: roleOf('scheduler.amazonaws.com', ['sns:Publish']),
  Functions: roleOf('lambda.amazonaws.com', ['lambda:InvokeFunction']),
};

const target = (more: object = {}) => ({ Arn: getArn('Seer'), RoleArn: getArn('Schedules'), ...more });
const schedule = (Target: object, more: object = {}) => ({
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    Name: 'hourly',
    ScheduleExpression: 'cron(0 * * * ? *)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target,
    ...more,
  },
});
const rule = (more: object = {}, targets: object = { Id: '1', Arn: getArn('Seer') }) => ({
  Type: 'AWS::Events::Rule',
  Properties: { Name: 'hourly', ScheduleExpression: 'rate(1 hour)', Targets: [targets], ...more },
});

let lab: SmallStack | undefined;
afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

async function started(Scheduled: object): Promise<SmallStack> {
  const start = new Date('2026-01-01T00:30:00Z');
  lab = await startSmallStack({ Resources: { ...resources, Scheduled } }, { functions, start });
  return lab;
}

const seen = () => lab?.logs().map(({ line }) => JSON.parse(line)) ?? [];

async function messages(name: string) {
  const QueueUrl = `${lab?.url}/111122223333/${name}`;
  const all = { MessageAttributeNames: ['All'], MaxNumberOfMessages: 10 };
  const { Messages = [] } = await new SQSClient(lab?.client ?? {}).send(
    new ReceiveMessageCommand({ QueueUrl, ...all }),
  );
  return Messages.map(({ Body, MessageAttributes = {} }) => ({
    body: Body,
    ...Object.fromEntries(Object.entries(MessageAttributes).map(([key, { StringValue }]) => [key, StringValue])),
  }));
}

describe('a schedule of EventBridge Scheduler', () => {
  it('invokes a function with its input at each of its times', async () => {
    const { clock } = await started(schedule(target({ Input: '{"all":true}' })));
    await clock.advance(29 * 60_000);
    expect(seen()).toEqual([]);
    await clock.advance(2 * hour);
    expect(seen()).toEqual([{ all: true }, { all: true }]);
  });

  it('tells a function without an input what it was, and when', async () => {
    const { clock } = await started(
      schedule(target(), { GroupName: 'courier', Description: 'each hour', State: 'ENABLED' }),
    );
    await clock.advance(hour);
    expect(seen()).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Scheduled Event',
        source: 'aws.scheduler',
        account: '111122223333',
        time: '2026-01-01T01:00:00Z',
        region: 'us-east-1',
        resources: ['arn:aws:scheduler:us-east-1:111122223333:schedule/courier/hourly'],
        detail: '{}',
      },
    ]);
  });

  it('invokes its function 168 times in a week', async () => {
    const { clock } = await started(schedule(target()));
    await clock.advance(7 * 24 * hour);
    expect(seen()).toHaveLength(168);
  });

  it('begins at once where it is a rate', async () => {
    const { clock } = await started(schedule(target(), { ScheduleExpression: 'rate(1 hour)' }));
    await clock.settled();
    expect(seen()).toHaveLength(1);
    await clock.advance(2 * hour);
    expect(seen()).toHaveLength(3);
  });

  it('reads cron in its time zone', async () => {
    const zone = { ScheduleExpression: 'cron(0 8 * * ? *)', ScheduleExpressionTimezone: 'America/New_York' };
    const { clock } = await started(schedule(target(), zone));
    await clock.advance(24 * hour);
    expect(seen()).toMatchObject([{ time: '2026-01-01T13:00:00Z' }]);
  });

  it('does nothing while it is disabled', async () => {
    const { clock } = await started(schedule(target(), { State: 'DISABLED' }));
    await clock.advance(3 * hour);
    expect(seen()).toEqual([]);
  });

  it('sends to a standard queue', async () => {
    const { clock } = await started(schedule(target({ Arn: getArn('Seen'), Input: 'text' })));
    await clock.advance(hour);
    expect(await messages('seen')).toEqual([{ body: 'text' }]);
  });

  it('may do what its role allows, and leaves the rest in its dead-letter queue', async () => {
    const DeadLetterConfig = { Arn: getArn('Dead') };
    const { clock } = await started(schedule(target({ RoleArn: getArn('OnlyQueues'), Input: '1', DeadLetterConfig })));
    await clock.advance(hour);
    expect(seen()).toEqual([]);
    expect(await messages('dead')).toEqual([
      {
        body: '1',
        SCHEDULE_ARN: 'arn:aws:scheduler:us-east-1:111122223333:schedule/default/hourly',
        TARGET_ARN: seerArn,
        ERROR_CODE: 'NO_PERMISSIONS',
        ERROR_MESSAGE: `The role does not allow lambda:InvokeFunction on "${seerArn}"`,
      },
    ]);
  });

  it('needs its role for the dead-letter queue as well', async () => {
    const DeadLetterConfig = { Arn: getArn('Dead') };
    const { clock } = await started(schedule(target({ RoleArn: getArn('Nothing'), DeadLetterConfig })));
    await clock.advance(hour);
    expect(await messages('dead')).toEqual([]);
  });

  it.each([
    ['attempts', { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 3600 }],
    ['age', { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 120 }],
  ])('tries a target that is busy again, up to the %s of its retry policy', async (_, RetryPolicy) => {
    const DeadLetterConfig = { Arn: getArn('Dead') };
    const { clock, faults } = await started(schedule(target({ Input: '1', RetryPolicy, DeadLetterConfig })));
    const busy = { service: 'events', operation: 'Scheduled Event', fault: 'throttle', nth: 1 } as const;
    for (const _ of [1, 2, 3]) faults.add(busy);
    await clock.advance(hour);
    expect(await messages('dead')).toMatchObject([{ body: '1', ERROR_CODE: 'THROTTLING' }]);
    await clock.advance(hour);
    expect(seen()).toEqual([1]);
  });

  it.each<[string, object, string]>([
    [
      'whose role nobody gave to the scheduler',
      schedule(target({ RoleArn: getArn('Functions') })),
      'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
    ],
    ['whose target is a FIFO queue', schedule(target({ Arn: getArn('Ordered') })), 'needs a standard queue'],
    [
      'with a target of a kind that the lab does not know',
      schedule(target({ EcsParameters: {} })),
      'has EcsParameters',
    ],
    ['with an end', schedule(target(), { EndDate: '2027-01-01T00:00:00Z' }), "The lab's schedules know no EndDate"],
    [
      'with attributes in its input',
      schedule(target({ Input: '{"at":"<aws.scheduler.execution-id>"}' })),
      'put nothing into their Input',
    ],
    [
      'that runs once',
      schedule(target(), { ScheduleExpression: 'at(2026-02-01T00:00:00)' }),
      'Invalid Schedule Expression at(2026-02-01T00:00:00).',
    ],
  ])('%s is refused', async (_, resource, sentence) => {
    await expect(started(resource)).rejects.toThrow(sentence);
  });
});

describe('a rule with a schedule', () => {
  it('sends an event that it alone sees, first after one interval', async () => {
    const { clock, events } = await started(rule());
    await clock.advance(2 * hour);
    expect(seen()).toMatchObject([
      {
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        time: '2026-01-01T01:30:00Z',
        resources: ['arn:aws:events:us-east-1:111122223333:rule/hourly'],
        detail: {},
      },
      { time: '2026-01-01T02:30:00Z' },
    ]);
    expect(events()).toEqual([]);
  });

  it('does nothing while it is disabled', async () => {
    const { clock } = await started(rule({ State: 'DISABLED' }));
    await clock.advance(2 * hour);
    expect(seen()).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['neither schedule nor pattern', { ScheduleExpression: undefined }, 'A pattern must be an object'],
    ['a pattern that matches nothing', { EventPattern: {} }, 'A pattern must be an object'],
    [
      'a schedule that AWS refuses',
      { ScheduleExpression: 'rate(1 hours)' },
      'Invalid Schedule Expression rate(1 hours).',
    ],
  ])('is refused with %s', async (_, more, sentence) => {
    await expect(started(rule(more))).rejects.toThrow(sentence);
  });
});
