import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { matchesPattern, patternFlaw } from './pattern.ts';
import type { MessageAttributes } from './queue.ts';
import { AwsError, arn, type Service } from './service.ts';
import type { Sqs } from './sqs.ts';

export type Mail = {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
};

export type SubscriptionWish = {
  readonly topicArn: string;
  readonly protocol: string;
  /** An address, or a queue's ARN. */
  readonly endpoint: string;
  readonly filterPolicy?: object | undefined;
};

export type Sns = {
  readonly service: Service;
  /** As CreateTopic: answers the ARN. */
  create(name: string): string;
  /** As Subscribe, confirmed at once: answers the subscription's ARN. */
  subscribe(wish: SubscriptionWish): string;
  publish(message: Publication): string;
  /** What people received, oldest first. */
  mail(): readonly Mail[];
};

type Publication = {
  readonly topicArn: string;
  readonly subject?: string | undefined;
  readonly message: string;
  readonly structure?: string | undefined;
  readonly attributes?: MessageAttributes | undefined;
};

type Subscription = SubscriptionWish & { readonly arn: string };

const invalid = (message: string) => new AwsError('InvalidParameter', `Invalid parameter: ${message}`);

export function createSns({ clock, sqs }: { clock: Clock; sqs: Pick<Sqs, 'byArn'> }): Sns {
  const topics = new Map<string, Subscription[]>();
  const inbox: Mail[] = [];

  function subscriptions(topicArn: string): Subscription[] {
    const topic = topics.get(topicArn);
    if (!topic) throw new AwsError('NotFound', 'Topic does not exist', { status: 404 });
    return topic;
  }

  function create(name: string): string {
    if (!/^[\w-]{1,256}$/.test(name)) throw invalid('Topic Name');
    const topicArn = arn('sns', name);
    if (!topics.has(topicArn)) topics.set(topicArn, []);
    return topicArn;
  }

  function subscribe(wish: SubscriptionWish): string {
    const topic = subscriptions(wish.topicArn);
    checkSubscription(wish, sqs);
    const existing = topic.find(({ protocol, endpoint }) => protocol === wish.protocol && endpoint === wish.endpoint);
    const subscription = existing ?? { ...wish, arn: `${wish.topicArn}:${randomUUID()}` };
    if (!existing) topic.push(subscription);
    return subscription.arn;
  }

  function publish(publication: Publication): string {
    const topic = subscriptions(publication.topicArn);
    checkPublication(publication);
    const messageId = randomUUID();
    const attributes = filterable(publication.attributes);
    for (const subscription of topic) {
      if (!matchesPattern(subscription.filterPolicy ?? {}, attributes)) continue;
      if (subscription.protocol === 'sqs') enqueue(subscription, { publication, messageId });
      else inbox.push(mailOf(subscription, publication));
    }
    return messageId;
  }

  function enqueue(
    subscription: Subscription,
    { publication, messageId }: { publication: Publication; messageId: string },
  ) {
    const attributes = Object.entries(publication.attributes ?? {});
    const notification = {
      Type: 'Notification',
      MessageId: messageId,
      TopicArn: publication.topicArn,
      Subject: publication.subject,
      Message: bodyFor('sqs', publication),
      Timestamp: clock.now().toISOString(),
      MessageAttributes: Object.fromEntries(
        attributes.map(([name, { DataType, StringValue }]) => [name, { Type: DataType, Value: StringValue }]),
      ),
    };
    sqs.byArn(subscription.endpoint)?.send({ body: JSON.stringify(notification) });
  }

  return {
    create,
    subscribe,
    publish,
    mail: () => inbox,
    service: {
      name: 'sns',
      protocol: 'query',
      target: '2010-03-31',
      operations: {
        CreateTopic: ({ Name }) => ({ TopicArn: create(Name) }),
        ListTopics: () => ({ Topics: [...topics.keys()].map((TopicArn) => ({ TopicArn })) }),
        Subscribe: ({ TopicArn, Protocol, Endpoint, Attributes = {} }) => ({
          SubscriptionArn: subscribe({
            topicArn: TopicArn,
            protocol: Protocol,
            endpoint: Endpoint,
            filterPolicy:
              Attributes.FilterPolicy === undefined ? undefined : parsed(Attributes.FilterPolicy, 'FilterPolicy'),
          }),
        }),
        Unsubscribe({ SubscriptionArn }) {
          for (const [topicArn, topic] of topics)
            topics.set(
              topicArn,
              topic.filter((one) => one.arn !== SubscriptionArn),
            );
        },
        ListSubscriptionsByTopic: ({ TopicArn }) => ({
          Subscriptions: subscriptions(TopicArn).map((one) => ({
            SubscriptionArn: one.arn,
            TopicArn,
            Protocol: one.protocol,
            Endpoint: one.endpoint,
          })),
        }),
        Publish: (input) => ({
          MessageId: publish({
            topicArn: input.TopicArn,
            subject: input.Subject,
            message: input.Message,
            structure: input.MessageStructure,
            attributes: input.MessageAttributes,
          }),
        }),
      },
    },
  };
}

function checkSubscription({ protocol, endpoint, filterPolicy }: SubscriptionWish, sqs: Pick<Sqs, 'byArn'>): void {
  if (protocol !== 'email' && protocol !== 'sqs')
    throw invalid(`The lab subscribes "email" and "sqs", not "${protocol}"`);
  if (protocol === 'email' && !endpoint?.includes('@')) throw invalid('Email address');
  if (protocol === 'sqs' && !sqs.byArn(endpoint)) throw invalid('SQS endpoint ARN');
  if (filterPolicy === undefined || Object.keys(filterPolicy).length === 0) return;
  const flaw =
    Object.keys(filterPolicy).length > 5 ? 'Filter policy can not have more than 5 keys' : patternFlaw(filterPolicy);
  if (flaw !== null) throw invalid(`FilterPolicy: ${flaw}`);
}

function checkPublication({ subject, message, structure, attributes = {} }: Publication): void {
  if (subject !== undefined && !/^[!-~][ -~]{0,98}$/.test(subject)) throw invalid('Subject');
  if (!message) throw invalid('Empty message');
  if (Buffer.byteLength(message) > 262_144) throw invalid('Message too long');
  if (structure === 'json' && typeof parsed(message, 'Message Structure').default !== 'string') {
    throw invalid('Message Structure - No default entry in JSON message body');
  }
  for (const [name, { DataType, StringValue }] of Object.entries(attributes)) {
    if (!/^(String|Number)$/.test(DataType))
      throw invalid(`The message attribute '${name}' has an invalid type '${DataType}'`);
    if (StringValue) continue;
    throw new AwsError(
      'ParameterValueInvalid',
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`,
    );
  }
}

function mailOf({ endpoint }: Subscription, publication: Publication): Mail {
  return {
    to: endpoint,
    subject: publication.subject ?? 'AWS Notification Message',
    body: bodyFor('email', publication),
    attributes: Object.fromEntries(
      Object.entries(publication.attributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
    ),
  };
}

function bodyFor(protocol: string, { message, structure }: Publication): string {
  if (structure !== 'json') return message;
  const bodies = parsed(message, 'Message Structure');
  return String(bodies[protocol] ?? bodies.default);
}

/** Attributes as filter policies see them. */
function filterable(attributes: MessageAttributes = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue }]) => [
      name,
      DataType === 'Number' ? Number(StringValue) : StringValue,
    ]),
  );
}

function parsed(json: string, what: string): Record<string, unknown> {
  try {
    return JSON.parse(json);
  } catch {
    throw invalid(`${what} - JSON message body failed to parse`);
  }
}
