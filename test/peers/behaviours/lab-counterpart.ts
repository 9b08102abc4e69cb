import { SubscribeCommand } from '@aws-sdk/client-sns';
import { getArn, startSmallStack } from '../../lab/small-stack.ts';
import type { Counterpart } from './behaviour.ts';
import { counterpartClients } from './counterpart-clients.ts';
import { eventRules } from './eventbridge.ts';

/** The lab, with a template that has nothing but the rules and their queues. */
export async function startLabCounterpart(): Promise<Counterpart> {
  const rules = Object.entries(eventRules).map(([rule, EventPattern], index) => ({
    [`Queue${index}`]: { Type: 'AWS::SQS::Queue', Properties: { QueueName: rule } },
    [`Rule${index}`]: {
      Type: 'AWS::Events::Rule',
      Properties: { EventPattern, Targets: [{ Id: 'queue', Arn: getArn(`Queue${index}`) }] },
    },
  }));
  const lab = await startSmallStack({ Resources: Object.assign({}, ...rules) });
  const clients = counterpartClients(lab.url, 'operator');
  let subscribers = 0;

  /** By e-mail: the lab's subscribers are people. */
  async function subscribe(TopicArn: string, filterPolicy?: object) {
    const Endpoint = `subscriber-${++subscribers}@example.com`;
    const Attributes = filterPolicy && { FilterPolicy: JSON.stringify(filterPolicy) };
    await clients.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint, Attributes }));
    const received = async () =>
      lab
        .mail()
        .filter(({ to }) => to === Endpoint)
        .map(({ subject, body, attributes }) => ({ subject, body, attributes }))
        .sort((one, other) => one.body.localeCompare(other.body));
    return { received };
  }

  async function stop(): Promise<void> {
    for (const client of Object.values(clients)) client.destroy();
    await lab.stop();
  }
  return {
    name: 'lab',
    ...clients,
    pass: (seconds) => lab.clock.advance(seconds * 1000),
    subscribe,
    queueOf: (rule) => `${lab.url}/111122223333/${rule}`,
    stop,
  };
}
