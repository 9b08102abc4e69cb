import type { ECSClient } from '@aws-sdk/client-ecs';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';

/** One thing that AWS does, to be seen in the same way wherever the SDK's clients reach. */
export type Behaviour = {
  /** A sentence; unique in all of the suite. */
  readonly name: string;
  /** What is seen in AWS: plain data, without ids that a service makes up. */
  readonly expected: unknown;
  readonly observe: (at: Counterpart) => Promise<unknown>;
};

/** Something that says it is AWS, with the SDK's clients for it and the little that must be done in its own way. */
export type Counterpart = {
  readonly name: 'lab' | 'MiniStack';
  readonly secrets: SecretsManagerClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly bus: EventBridgeClient;
  readonly ecs: ECSClient;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  /** Resolves after so many seconds of the counterpart's own time. */
  pass(seconds: number): Promise<void>;
  /** Subscribes somebody to a topic. */
  subscribe(topicArn: string, filterPolicy?: object): Promise<Subscriber>;
  /** The URL of the queue that gets the events of a rule in `eventRules`. */
  queueOf(rule: string): string;
  stop(): Promise<void>;
};

export type Subscriber = {
  /** All that came so far, sorted by body. */
  received(): Promise<readonly Received[]>;
};

export type Received = {
  readonly subject: string | undefined;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
};

/** The name of the error that a call answers; `accepted` where it answers none. */
export function refusalOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'accepted',
    (error: Error) => error.name,
  );
}

/** One after the other: what each of the items comes to. */
export async function inTurn<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (const item of items) answers.push(await act(item));
  return answers;
}

/** Looks until there is something to see, for at most 20 seconds of the counterpart's time. */
export async function eventually<T>(
  at: Pick<Counterpart, 'pass'>,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await at.pass(0.5);
  }
  return undefined;
}
