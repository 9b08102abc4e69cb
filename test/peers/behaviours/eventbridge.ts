import { PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { type Behaviour, type Counterpart, eventually } from './behaviour.ts';

const source = 'conformance';

/** What each rule asks for, beside its own detail-type, which is its name. */
const patterns = {
  source: {},
  nested: { detail: { certificate: { status: ['ISSUED'] } } },
  several: { detail: { status: ['ISSUED', 'EXPIRED'], days: [30] } },
  prefix: { detail: { name: [{ prefix: 'courier/' }] } },
  exists: { detail: { status: [{ exists: true }] } },
  lacks: { detail: { status: [{ exists: false }] } },
  lists: { detail: { names: ['b', 'c'] } },
  resources: { resources: [{ prefix: 'arn:aws:acm:' }] },
  types: { detail: { days: [1], paused: [true] } },
} as const;
type RuleName = keyof typeof patterns;

/** The rules that a counterpart must have, each with a queue of its own: the lab takes rules from a template only. */
export const eventRules: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    Object.entries(patterns).map(([name, pattern]) => [name, { source: [source], 'detail-type': [name], ...pattern }]),
  ),
  labels: {
    source: ['aws.secretsmanager'],
    'detail-type': ['Secret Label Updated'],
    detail: { name: [{ prefix: 'events/' }] },
  },
};

type Envelope = Readonly<Record<string, unknown>> & { readonly detail: Readonly<Record<string, unknown>> };

const entry = (rule: string, Detail: object, more: PutEventsRequestEntry = {}): PutEventsRequestEntry => ({
  Source: source,
  DetailType: rule,
  Detail: JSON.stringify(Detail),
  ...more,
});

const put = ({ bus }: Counterpart, Entries: PutEventsRequestEntry[]) => bus.send(new PutEventsCommand({ Entries }));

/** What reaches the rule's queue, until `last` has. */
async function arrivals(
  at: Counterpart,
  { rule, last }: { rule: string; last: (event: Envelope) => boolean },
): Promise<readonly Envelope[]> {
  const QueueUrl = at.queueOf(rule);
  const arrived: Envelope[] = [];
  await eventually(at, async () => {
    const { Messages = [] } = await at.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    for (const { Body = '', ReceiptHandle } of Messages) {
      arrived.push(JSON.parse(Body));
      await at.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    return arrived.some(last) || undefined;
  });
  return arrived;
}

type Case = { readonly detail: object; readonly resources?: string[] };

/** Of these events the rule takes those with these names; the last one must be among them, as it ends the wait. */
const matching = (
  name: string,
  { rule, events, taken }: { rule: RuleName; events: Readonly<Record<string, Case>>; taken: readonly string[] },
): Behaviour => ({
  name: `a rule ${name}`,
  expected: taken,
  async observe(at) {
    for (const [event, { detail, resources = [] }] of Object.entries(events))
      await put(at, [entry(rule, { ...detail, event }, { Resources: resources })]);
    const last = Object.keys(events).at(-1);
    const arrived = await arrivals(at, { rule, last: ({ detail }) => detail.event === last });
    return arrived.map(({ detail }) => detail.event).sort();
  },
});

const failure = (
  name: string,
  { entry: wrong, error }: { entry: PutEventsRequestEntry; error: string },
): Behaviour => ({
  name,
  expected: { failed: 1, errors: [error, undefined] },
  async observe(at) {
    const answer = await put(at, [wrong, entry('nobody', {})]);
    return { failed: answer.FailedEntryCount, errors: answer.Entries?.map(({ ErrorCode }) => ErrorCode) };
  },
});

export const eventBridge: readonly Behaviour[] = [
  {
    name: 'a target gets the event in its envelope',
    expected: {
      version: '0',
      'detail-type': 'source',
      source,
      account: '111122223333',
      region: 'us-east-1',
      resources: ['arn:aws:acm:us-east-1:111122223333:certificate/1'],
      detail: { name: 'x' },
      id: true,
      time: true,
    },
    async observe(at) {
      const Resources = ['arn:aws:acm:us-east-1:111122223333:certificate/1'];
      const answer = await put(at, [entry('source', { name: 'x' }, { Resources })]);
      const id = answer.Entries?.[0]?.EventId;
      const [event] = await arrivals(at, { rule: 'source', last: () => true });
      const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(event?.time));
      return event && { ...event, id: event.id === id, time };
    },
  },
  matching('looks into the detail', {
    rule: 'nested',
    events: {
      other: { detail: { certificate: { status: 'EXPIRED' } } },
      outside: { detail: { status: 'ISSUED' } },
      same: { detail: { certificate: { status: 'ISSUED', days: 3 } } },
    },
    taken: ['same'],
  }),
  matching('wants every key, and of each one value', {
    rule: 'several',
    events: {
      'one key': { detail: { status: 'ISSUED' } },
      'a value of neither': { detail: { status: 'REVOKED', days: 30 } },
      first: { detail: { status: 'ISSUED', days: 30 } },
      second: { detail: { status: 'EXPIRED', days: 30 } },
    },
    taken: ['first', 'second'],
  }),
  matching('takes a prefix of text', {
    rule: 'prefix',
    events: {
      other: { detail: { name: 'my-courier/api' } },
      number: { detail: { name: 1 } },
      same: { detail: { name: 'courier/api' } },
    },
    taken: ['same'],
  }),
  matching('takes what has a field', {
    rule: 'exists',
    events: { lacks: { detail: {} }, nothing: { detail: { status: null } }, has: { detail: { status: 'x' } } },
    taken: ['has', 'nothing'],
  }),
  matching('takes what lacks a field', {
    rule: 'lacks',
    events: { has: { detail: { status: 'x' } }, lacks: { detail: {} } },
    taken: ['lacks'],
  }),
  matching('takes a list that has one of its values', {
    rule: 'lists',
    events: {
      other: { detail: { names: ['a'] } },
      empty: { detail: { names: [] } },
      one: { detail: { names: ['a', 'b'] } },
    },
    taken: ['one'],
  }),
  matching('takes a resource by its prefix', {
    rule: 'resources',
    events: {
      none: { detail: {} },
      other: { detail: {}, resources: ['arn:aws:ecs:us-east-1:111122223333:service/a'] },
      one: { detail: {}, resources: ['arn:aws:ecs:us-east-1:111122223333:service/a', 'arn:aws:acm:us-east-1::x'] },
    },
    taken: ['one'],
  }),
  matching('tells numbers and booleans from text', {
    rule: 'types',
    events: {
      'text for a number': { detail: { days: '1', paused: true } },
      'text for a boolean': { detail: { days: 1, paused: 'true' } },
      same: { detail: { days: 1, paused: true } },
    },
    taken: ['same'],
  }),
  failure('a source of AWS is refused, and the other entries are not', {
    entry: entry('labels', {}, { Source: 'aws.secretsmanager' }),
    error: 'NotAuthorizedForSourceException',
  }),
  failure('a detail that is no JSON is refused, and the other entries are not', {
    entry: entry('nobody', {}, { Detail: '{' }),
    error: 'MalformedDetail',
  }),
  failure('an entry without a detail-type is refused, and the other entries are not', {
    entry: entry('nobody', {}, { DetailType: undefined }),
    error: 'InvalidArgument',
  }),
  {
    name: 'Secrets Manager tells each label that moves, but for AWSPREVIOUS and AWSPENDING',
    expected: [
      ['COURIER_NEXT', 'b'],
      ['AWSCURRENT', 'c'],
    ],
    async observe(at) {
      const SecretId = 'events/api';
      const [a, b, c, end] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(32)) as [
        string,
        string,
        string,
        string,
      ];
      const write = (id: string, VersionStages?: string[]) =>
        at.secrets.send(
          new PutSecretValueCommand({ SecretId, SecretString: id, ClientRequestToken: id, VersionStages }),
        );
      await at.secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString: a, ClientRequestToken: a }));
      await write(b, ['COURIER_NEXT']);
      await write(c);
      await write(end);
      const arrived = await arrivals(at, { rule: 'labels', last: ({ detail }) => detail.versionId === end });
      const told = arrived.map(({ detail }) => [detail.labelUpdated, String(detail.versionId)[0]]);
      // The first version's own event is not looked at: its id may not be the client's.
      return told.filter(([, letter]) => letter === 'b' || letter === 'c');
    },
  },
];
