import { randomUUID } from 'node:crypto';
import { matchesPattern, patternFlaw } from './pattern.ts';
import type { MessageAttributes } from './queue.ts';
import { account, arn, type Operation, refuse, type Service } from './service.ts';

export type Mail = {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
};

type Subscription = { readonly arn: string; readonly address: string; readonly filterPolicy: object };
/** As CloudFormation writes it, too. */
type SubscriptionWish = {
  readonly TopicArn: string;
  readonly Protocol: string;
  readonly Endpoint: string;
  readonly FilterPolicy?: object | undefined;
};

export type Sns = ReturnType<typeof createSns>;

/** Standard topics whose subscribers are people. */
export function createSns() {
  const topics = new Map<string, Subscription[]>();
  const inbox: Mail[] = [];

  const subscriptions = (topicArn: string): Subscription[] =>
    topics.get(topicArn) ?? refuse('NotFound', 'Topic does not exist', { status: 404 });

  /** As CreateTopic: answers the ARN. */
  function create(name: string): string {
    const topicArn = arn('sns', name);
    if (!topics.has(topicArn)) topics.set(topicArn, []);
    return topicArn;
  }

  /** As Subscribe, confirmed at once: answers the subscription's ARN. */
  function subscribe({ TopicArn, Protocol, Endpoint: address, FilterPolicy: filterPolicy = {} }: SubscriptionWish) {
    const topic = subscriptions(TopicArn);
    if (Protocol !== 'email') invalid(`The lab subscribes "email", not "${Protocol}"`);
    const flaw = Object.keys(filterPolicy).length > 0 && patternFlaw(filterPolicy);
    if (flaw) invalid(`FilterPolicy: ${flaw}`);
    const existing = topic.find((one) => one.address === address);
    if (existing) return existing.arn;
    const subscription = { arn: `${TopicArn}:${randomUUID()}`, address, filterPolicy };
    topic.push(subscription);
    return subscription.arn;
  }

  const Publish: Operation = ({ TopicArn, Subject, Message, MessageStructure, MessageAttributes = {} }) => {
    const topic = subscriptions(TopicArn);
    checkPublication({ Subject, Message, MessageAttributes });
    const attributes = textsOf(MessageAttributes);
    const body = MessageStructure === 'json' ? mailOf(Message) : Message;
    for (const { address, filterPolicy } of topic) {
      if (!matchesPattern(filterPolicy, attributes)) continue;
      inbox.push({ to: address, subject: Subject ?? 'AWS Notification Message', body, attributes });
    }
    return { MessageId: randomUUID() };
  };

  const Subscribe: Operation = ({ Attributes = {}, ...wish }) => {
    const FilterPolicy = JSON.parse(Attributes.FilterPolicy ?? '{}');
    return { SubscriptionArn: subscribe({ ...wish, FilterPolicy }) };
  };

  const ListSubscriptionsByTopic: Operation = ({ TopicArn }) => ({
    Subscriptions: subscriptions(TopicArn).map(({ arn: SubscriptionArn, address: Endpoint }) => {
      return { SubscriptionArn, Owner: account, Protocol: 'email', Endpoint, TopicArn };
    }),
  });

  const service: Service = {
    name: 'sns',
    protocol: 'query',
    target: '2010-03-31',
    operations: {
      CreateTopic: ({ Name }) => ({ TopicArn: create(Name) }),
      ListTopics: () => ({ Topics: [...topics.keys()].map((TopicArn) => ({ TopicArn })) }),
      Subscribe,
      ListSubscriptionsByTopic,
      Publish,
    },
  };
  /** What people received, oldest first. */
  const mail = (): readonly Mail[] => inbox;
  return { service, create, subscribe, mail };
}

const invalid = (message: string) => refuse('InvalidParameter', `Invalid parameter: ${message}`);

/** What a message with a text for each protocol says by mail. */
function mailOf(message: string): string {
  const { default: text = invalid('Message Structure - No default entry in JSON message body'), email = text } =
    readJson(message);
  return email;
}

function readJson(message: string) {
  try {
    return JSON.parse(message);
  } catch {
    return invalid('Message Structure - JSON message body failed to parse');
  }
}

type Publication = {
  readonly Subject?: string;
  readonly Message: string;
  readonly MessageAttributes: MessageAttributes;
};

/** What SNS refuses although its published model does not say so. */
function checkPublication({ Subject, Message, MessageAttributes }: Publication): void {
  if (Subject !== undefined && !/^[!-~][ -~]{0,98}$/.test(Subject)) invalid('Subject');
  if (!Message) invalid('Empty message');
  const inAttributes = Object.entries(MessageAttributes).flatMap(([name, { DataType, StringValue }]) => [
    name,
    DataType,
    StringValue,
  ]);
  if (Buffer.byteLength([Message, ...inAttributes].join('')) > 262_144) invalid('Message too long');
  for (const [name, value] of Object.entries(textsOf(MessageAttributes)))
    if (!value)
      refuse('ParameterValueInvalid', `The message attribute '${name}' must contain non-empty message attribute value`);
}

const textsOf = (attributes: MessageAttributes) =>
  Object.fromEntries(Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue]));
