import { setTimeout as sleep } from 'node:timers/promises';
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { miniStackKey, startMiniStack } from '../ministack.ts';
import type { Counterpart, Received } from './behaviour.ts';
import { counterpartClients } from './counterpart-clients.ts';
import { eventRules } from './eventbridge.ts';

/** MiniStack, with the rules and their queues. */
export async function startMiniStackCounterpart(): Promise<Counterpart> {
  const ministack = await startMiniStack();
  const clients = counterpartClients(ministack.url, miniStackKey);
  const { sns, sqs, bus } = clients;
  const queues = new Map<string, string>();
  let subscribers = 0;

  const createQueue = async (QueueName: string): Promise<string> =>
    (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  const arnOf = (queue: string) => `arn:aws:sqs:us-east-1:111122223333:${queue}`;

  async function createRule(Rule: string, pattern: object): Promise<void> {
    queues.set(Rule, await createQueue(`rule-${Rule}`));
    await bus.send(new PutRuleCommand({ Name: Rule, EventPattern: JSON.stringify(pattern) }));
    await bus.send(new PutTargetsCommand({ Rule, Targets: [{ Id: 'queue', Arn: arnOf(`rule-${Rule}`) }] }));
  }

  /** By a queue: MiniStack sends no mails. */
  async function subscribe(TopicArn: string, filterPolicy?: object) {
    const queue = `subscriber-${++subscribers}`;
    const QueueUrl = await createQueue(queue);
    const Attributes = filterPolicy && { FilterPolicy: JSON.stringify(filterPolicy) };
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arnOf(queue), Attributes }));
    const all: Received[] = [];
    async function received() {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      for (const { Body = '', ReceiptHandle } of Messages) {
        all.push(readNotification(Body));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
      return all.toSorted((one, other) => one.body.localeCompare(other.body));
    }
    return { received };
  }

  async function stop(): Promise<void> {
    for (const client of Object.values(clients)) client.destroy();
    await ministack.stop();
  }
  try {
    for (const [rule, pattern] of Object.entries(eventRules)) await createRule(rule, pattern);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name: 'MiniStack',
    ...clients,
    pass: (seconds) => sleep(seconds * 1000),
    subscribe,
    queueOf: (rule) => queues.get(rule) ?? '',
    stop,
  };
}

/** As SNS writes it to queues. */
function readNotification(json: string): Received {
  const { Subject, Message, MessageAttributes = {} } = JSON.parse(json);
  const values = Object.entries(MessageAttributes as Record<string, { Value: string }>);
  return {
    subject: Subject,
    body: Message,
    attributes: Object.fromEntries(values.map(([name, { Value }]) => [name, Value])),
  };
}
