import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Lambda } from './lambda.ts';
import { matchesPattern, patternFlaw } from './pattern.ts';
import { AwsError, account, arn, type Emit, region, type Service } from './service.ts';
import type { Sqs } from './sqs.ts';

/** An event as targets see it. */
export type BusEvent = {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
};

export type Target = {
  readonly id: string;
  /** Of a function or of a standard queue. */
  readonly arn: string;
  readonly deadLetterArn?: string | undefined;
};

export type EventBridge = {
  readonly service: Service;
  /** For the lab's services: a source `aws.*` is theirs alone. */
  readonly emit: Emit;
  /** As PutRule: answers the rule's ARN. */
  putRule(rule: { name: string; pattern: unknown; enabled?: boolean }): string;
  putTargets(rule: string, targets: readonly Target[]): void;
  /** All that ever reached the bus, oldest first; those that a fault lost too. */
  events(): readonly BusEvent[];
};

type Rule = { readonly name: string; readonly pattern: object; readonly enabled: boolean; targets: Target[] };

const delayMs = 60_000;

/** The default bus. */
export function createEventBridge({
  clock,
  faults,
  lambda,
  sqs,
}: {
  clock: Clock;
  faults: Pick<Faults, 'takeForEvent'>;
  lambda: Pick<Lambda, 'invokeLater'>;
  sqs: Pick<Sqs, 'byArn'>;
}): EventBridge {
  const rules = new Map<string, Rule>();
  const events: BusEvent[] = [];

  function put({ detailType, ...event }: Omit<Parameters<Emit>[0], 'detail'> & { detail: unknown }): BusEvent {
    const where = { version: '0', id: randomUUID(), account, region, time: isoSeconds(clock.now()) } as const;
    const envelope = { ...where, 'detail-type': detailType, ...event };
    events.push(envelope);
    route(envelope);
    return envelope;
  }

  function route(event: BusEvent): void {
    const fault = faults.takeForEvent(event['detail-type']);
    if (fault === 'lose') return;
    if (fault === 'delay') {
      clock.at(new Date(clock.now().getTime() + delayMs), () => deliver(event));
      return;
    }
    deliver(event);
    if (fault === 'double') deliver(event);
  }

  function deliver(event: BusEvent): void {
    for (const rule of rules.values()) {
      if (!rule.enabled || !matchesPattern(rule.pattern, event)) continue;
      for (const target of rule.targets) deliverTo(target, { rule, event });
    }
  }

  /** A target that is there always takes the event; one that is not never will, so nothing is retried. */
  function deliverTo(target: Target, { rule, event }: { rule: Rule; event: BusEvent }): void {
    const body = JSON.stringify(event);
    if (target.arn.includes(':lambda:')) {
      if (lambda.invokeLater(target.arn, body)) return;
    } else if (sqs.byArn(target.arn)?.send({ body })) return;
    const attributes = {
      RULE_ARN: arn('events', `rule/${rule.name}`),
      TARGET_ARN: target.arn,
      ERROR_CODE: 'NO_RESOURCE',
      ERROR_MESSAGE: `The target "${target.arn}" does not exist`,
    };
    sqs.byArn(target.deadLetterArn ?? '')?.send({
      body,
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    });
  }

  function find(name: string): Rule {
    const rule = rules.get(name);
    if (!rule) throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  }

  function putRule({ name, pattern, enabled = true }: { name: string; pattern: unknown; enabled?: boolean }): string {
    const flaw = patternFlaw(pattern);
    if (flaw !== null)
      throw new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${flaw}`);
    rules.set(name, { name, pattern: pattern as object, enabled, targets: rules.get(name)?.targets ?? [] });
    return arn('events', `rule/${name}`);
  }

  function putTargets(name: string, targets: readonly Target[]): void {
    const rule = find(name);
    const ids = new Set(targets.map(({ id }) => id));
    rule.targets = [...rule.targets.filter(({ id }) => !ids.has(id)), ...targets];
  }

  /** One entry of PutEvents: its failure is part of the answer, not an error. */
  function putEntry(entry: Record<string, never>): Record<string, string> {
    const {
      Source,
      DetailType,
      Detail = '',
      Resources = [],
    } = entry as Record<string, string> & { Resources?: string[] };
    if (!Source || !DetailType) {
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter Source and DetailType are required arguments.' };
    }
    if (Source.startsWith('aws.')) {
      return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
    }
    try {
      return {
        EventId: put({ source: Source, detailType: DetailType, resources: Resources, detail: JSON.parse(Detail) }).id,
      };
    } catch {
      return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    }
  }

  return {
    emit: (event) => void put(event),
    putRule,
    putTargets,
    events: () => events,
    service: {
      name: 'events',
      protocol: 'json-1.1',
      target: 'AWSEvents',
      operations: {
        PutEvents({ Entries }) {
          const answers = (Entries as Record<string, never>[]).map(putEntry);
          return { FailedEntryCount: answers.filter((one) => one.ErrorCode).length, Entries: answers };
        },
        PutRule: ({ Name, EventPattern, State }) => ({
          RuleArn: putRule({ name: Name, pattern: patternOf(EventPattern), enabled: State !== 'DISABLED' }),
        }),
        PutTargets({ Rule: name, Targets }) {
          putTargets(name, (Targets as AwsTarget[]).map(targetOf));
          return { FailedEntryCount: 0, FailedEntries: [] };
        },
        ListRules: () => ({
          Rules: [...rules.values()].map(({ name, pattern, enabled }) => ({
            Name: name,
            Arn: arn('events', `rule/${name}`),
            EventPattern: JSON.stringify(pattern),
            State: enabled ? 'ENABLED' : 'DISABLED',
            EventBusName: 'default',
          })),
        }),
      },
    },
  };
}

/** A target as the API and CloudFormation write it. */
export type AwsTarget = {
  readonly Id: string;
  readonly Arn: string;
  readonly DeadLetterConfig?: { readonly Arn: string };
  readonly RetryPolicy?: object;
};

/** Throws on what would change what the target receives. */
export function targetOf({ Id, Arn, DeadLetterConfig, RetryPolicy: _, ...others }: AwsTarget): Target {
  const other = Object.keys(others)[0];
  if (other) throw new AwsError('ValidationException', `The lab's targets know no ${other}`);
  return { id: Id, arn: Arn, deadLetterArn: DeadLetterConfig?.Arn };
}

function patternOf(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}

const isoSeconds = (time: Date) => time.toISOString().replace(/\.\d+/, '');
