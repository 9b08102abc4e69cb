import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Lambda } from './lambda.ts';
import { matchesPattern, patternFlaw } from './pattern.ts';
import { account, arn, type Emit, region, type Service } from './service.ts';
import type { Sqs } from './sqs.ts';

/** An event as targets see it. */
export type BusEvent = ReturnType<typeof envelope>;

const envelope = ({ detailType, ...event }: Parameters<Emit>[0], now: Date) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': detailType,
  account,
  time: now.toISOString().replace(/\.\d+/, ''),
  region,
  ...event,
});

export type EventBridge = ReturnType<typeof createEventBridge>;

type Rule = { name: string; pattern: unknown; enabled: boolean; targets: readonly Target[] };

/** A function or a standard queue; as CloudFormation writes it. */
type Target = {
  readonly Id: string;
  readonly Arn: string;
  readonly DeadLetterConfig?: { readonly Arn: string };
  readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number; readonly MaximumEventAgeInSeconds?: number };
};

type Entry = Readonly<{ Source?: string; DetailType?: string; Detail?: string; Resources?: readonly string[] }>;

type Parts = {
  clock: Clock;
  faults: Pick<Faults, 'takeForEvent' | 'takeForDelivery'>;
  lambda: Pick<Lambda, 'invokeLater'>;
  sqs: Pick<Sqs, 'byArn'>;
};

const delayMs = 60_000;

/** The default bus. */
export function createEventBridge({ clock, faults, lambda, sqs }: Parts) {
  const rules = new Map<string, Rule>();
  const events: BusEvent[] = [];

  function put(happened: Parameters<Emit>[0]): BusEvent {
    const event = envelope(happened, clock.now());
    events.push(event);
    route(event);
    return event;
  }

  function route(event: BusEvent): void {
    const fault = faults.takeForEvent(event['detail-type']);
    if (fault === 'lose') return;
    if (fault === 'delay') clock.at(new Date(clock.now().getTime() + delayMs), () => deliver(event));
    else deliver(event);
    if (fault === 'double') deliver(event);
  }

  function deliver(event: BusEvent): void {
    for (const rule of rules.values()) {
      if (!rule.enabled || !matchesPattern(rule.pattern as object, event)) continue;
      for (const target of rule.targets) deliverTo(target, { rule, event });
    }
  }

  /** A target that is busy is tried again until its retry policy is exhausted; one that does not exist never will be. */
  function deliverTo(target: Target, delivery: { rule: Rule; event: BusEvent; retries?: number; since?: Date }): void {
    const { rule, event, retries = 0, since = clock.now() } = delivery;
    if (faults.takeForDelivery(event['detail-type'])) {
      const { MaximumRetryAttempts = 185, MaximumEventAgeInSeconds = 86_400 } = target.RetryPolicy ?? {};
      const at = new Date(clock.now().getTime() + Math.min(60_000 * 2 ** retries, 3_600_000));
      const tooOld = at.getTime() - since.getTime() > MaximumEventAgeInSeconds * 1_000;
      if (retries < MaximumRetryAttempts && !tooOld)
        clock.at(at, () => deliverTo(target, { rule, event, retries: retries + 1, since }));
      else bury('THROTTLING', `The target "${target.Arn}" was busy at each of ${retries + 1} attempts`);
      return;
    }
    const body = JSON.stringify(event);
    const taken = target.Arn.includes(':lambda:')
      ? lambda.invokeLater(target.Arn, body)
      : sqs.byArn(target.Arn)?.send({ body });
    if (!taken) bury('NO_RESOURCE', `The target "${target.Arn}" does not exist`);

    function bury(code: string, message: string): void {
      const text = (StringValue: string) => ({ DataType: 'String', StringValue });
      const attributes = {
        RULE_ARN: text(ruleArn(rule)),
        TARGET_ARN: text(target.Arn),
        ERROR_CODE: text(code),
        ERROR_MESSAGE: text(message),
      };
      sqs.byArn(target.DeadLetterConfig?.Arn ?? '')?.send({ body: JSON.stringify(event), attributes });
    }
  }

  /** As PutRule and PutTargets: answers the rule's ARN. */
  function putRule(rule: Rule): string {
    const flaw = patternFlaw(rule.pattern) ?? rule.targets.map(targetFlaw).find((one) => one !== null);
    if (flaw) throw new Error(flaw);
    rules.set(rule.name, rule);
    return ruleArn(rule);
  }

  /** What would change what a target receives, or could never be delivered; null where all is well. */
  function targetFlaw({ Id, Arn, DeadLetterConfig, RetryPolicy: _, ...others }: Target): string | null {
    const [other] = Object.keys(others);
    if (other !== undefined) return `Target "${Id}" has ${other}, which the lab's targets do not know`;
    const fifo = [Arn, DeadLetterConfig?.Arn ?? ''].find((queueArn) => sqs.byArn(queueArn)?.fifo);
    return fifo === undefined ? null : `Target "${Id}" needs a standard queue, not "${fifo}"`;
  }

  /** One entry of PutEvents: its failure is part of the answer, not an error. */
  function putEntry({ Source, DetailType, Detail = '', Resources = [] }: Entry): Record<string, string> {
    const failed = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
    if (!Source || !DetailType)
      return failed('InvalidArgument', 'Parameter Source and DetailType are required arguments.');
    if (Source.startsWith('aws.')) return failed('NotAuthorizedForSourceException', 'Not authorized for the source.');
    const detail = objectOf(Detail);
    if (!detail) return failed('MalformedDetail', 'Detail is malformed.');
    return { EventId: put({ source: Source, detailType: DetailType, resources: Resources, detail }).id };
  }

  const service: Service = {
    name: 'events',
    protocol: 'json-1.1',
    target: 'AWSEvents',
    operations: {
      PutEvents({ Entries }: { Entries: Entry[] }) {
        const answers = Entries.map(putEntry);
        return { FailedEntryCount: answers.filter((one) => one.ErrorCode).length, Entries: answers };
      },
    },
  };
  /** For the lab's services: a source `aws.*` is theirs alone. */
  const emit: Emit = (event) => void put(event);
  /** All that ever reached the bus, oldest first; those that a fault lost too. */
  return { service, emit, putRule, events: (): readonly BusEvent[] => events };
}

function objectOf(json: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(json);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

const ruleArn = ({ name }: Rule) => arn('events', `rule/${name}`);
