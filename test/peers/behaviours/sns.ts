import { CreateTopicCommand, PublishCommand, type PublishCommandInput } from '@aws-sdk/client-sns';
import { type Behaviour, type Counterpart, eventually, inTurn, refusalOf } from './behaviour.ts';

let count = 0;

async function prepare({ sns }: Counterpart) {
  const Name = `conformance-${++count}`;
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name }));
  const publish = (Message: string, more: Partial<PublishCommandInput> = {}) =>
    sns.send(new PublishCommand({ TopicArn, Message, ...more }));
  return { Name, TopicArn, publish };
}

type Attributes = Readonly<Record<string, string>>;
const attributesOf = (values: Attributes) => ({
  MessageAttributes: Object.fromEntries(
    Object.entries(values).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  ),
});

const refused = (
  name: string,
  { input, error }: { input: Partial<PublishCommandInput>; error: string },
): Behaviour => ({
  name,
  expected: error,
  async observe(at) {
    const { publish } = await prepare(at);
    return refusalOf(publish('text', input));
  },
});

/** Who has this policy gets these of the messages, each named by its attributes. */
const filtered = (name: string, { policy, taken }: { policy: object; taken: readonly string[] }): Behaviour => ({
  name: `a filter policy takes ${name}`,
  expected: taken,
  async observe(at) {
    const { TopicArn, publish } = await prepare(at);
    const all = await at.subscribe(TopicArn);
    const some = await at.subscribe(TopicArn, policy);
    for (const [body, attributes] of Object.entries(messages)) await publish(body, attributesOf(attributes));
    // Once the one without a policy has everything, so has the other all that it will get.
    await eventually(at, async () =>
      (await all.received()).length === Object.keys(messages).length ? true : undefined,
    );
    return (await some.received()).map(({ body }) => body);
  },
});

const messages: Readonly<Record<string, Attributes>> = {
  'action by api': { severity: 'action', owner: 'api' },
  'action by nobody': { severity: 'action' },
  'info by api': { severity: 'info', owner: 'api' },
  'info by web': { severity: 'info', owner: 'web' },
  plain: {},
};

export const sns: readonly Behaviour[] = [
  {
    name: 'creating a topic again answers the same ARN',
    expected: { same: true, arn: 'arn:aws:sns:us-east-1:111122223333:NAME' },
    async observe(at) {
      const { Name, TopicArn } = await prepare(at);
      const again = await at.sns.send(new CreateTopicCommand({ Name }));
      return { same: again.TopicArn === TopicArn, arn: TopicArn.replace(Name, 'NAME') };
    },
  },
  {
    name: 'a subscriber gets the subject, the text and the attributes',
    expected: [{ subject: '[info] api: delivered', body: 'line 1\nline 2', attributes: { severity: 'info' } }],
    async observe(at) {
      const { TopicArn, publish } = await prepare(at);
      const subscriber = await at.subscribe(TopicArn);
      await publish('line 1\nline 2', { Subject: '[info] api: delivered', ...attributesOf({ severity: 'info' }) });
      return eventually(at, async () => {
        const received = await subscriber.received();
        return received.length > 0 ? received : undefined;
      });
    },
  },
  {
    name: 'a subject of 99 characters is accepted',
    expected: 'accepted',
    async observe(at) {
      const { publish } = await prepare(at);
      return refusalOf(publish('text', { Subject: 'x'.repeat(99) }));
    },
  },
  refused('a subject of 101 characters is refused', {
    input: { Subject: 'x'.repeat(101) },
    error: 'InvalidParameterException',
  }),
  refused('a subject of two lines is refused', { input: { Subject: 'one\ntwo' }, error: 'InvalidParameterException' }),
  refused('a subject beyond ASCII is refused', { input: { Subject: 'Erlöschen' }, error: 'InvalidParameterException' }),
  refused('an attribute without a value is refused', {
    input: attributesOf({ owner: '' }),
    error: 'InvalidParameterValueException',
  }),
  refused('an empty message is refused', { input: { Message: '' }, error: 'InvalidParameterException' }),
  {
    name: 'publishing to a topic that does not exist is refused',
    expected: 'NotFoundException',
    async observe(at) {
      const { TopicArn, publish } = await prepare(at);
      return refusalOf(publish('text', { TopicArn: `${TopicArn}-none` }));
    },
  },
  filtered('one value', { policy: { owner: ['web'] }, taken: ['info by web'] }),
  filtered('any of several values', {
    policy: { owner: ['web', 'api'] },
    taken: ['action by api', 'info by api', 'info by web'],
  }),
  filtered('what has all of several attributes', {
    policy: { severity: ['action'], owner: ['api'] },
    taken: ['action by api'],
  }),
  filtered('a prefix', { policy: { severity: [{ prefix: 'act' }] }, taken: ['action by api', 'action by nobody'] }),
  filtered('what has an attribute', {
    policy: { owner: [{ exists: true }] },
    taken: ['action by api', 'info by api', 'info by web'],
  }),
  filtered('what lacks an attribute', {
    policy: { severity: ['action'], owner: [{ exists: false }] },
    taken: ['action by nobody'],
  }),
  {
    name: 'a message goes to everybody who is subscribed',
    expected: [1, 1],
    async observe(at) {
      const { TopicArn, publish } = await prepare(at);
      const subscribers = [await at.subscribe(TopicArn), await at.subscribe(TopicArn)];
      await publish('text');
      return inTurn(subscribers, ({ received }) => eventually(at, async () => (await received()).length || undefined));
    },
  },
];
