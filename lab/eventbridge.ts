import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import { matchesPattern, patternFlaw } from './pattern.ts';
import { repeat } from './schedule.ts';
import { account, arn, type Emit, region, type Service } from './service.ts';
import type { Delivery, Target } from './target.ts';

/** An event as targets see it. */
export type BusEvent = ReturnType<typeof envelope>;

export const envelope = ({ detailType, ...event }: Parameters<Emit>[0], now: Date) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': detailType,
  account,
  time: now.toISOString().replace(/\.\d+/, ''),
  region,
  ...event,
});

export type EventBridge = ReturnType<typeof createEventBridge>;

/** With a pattern, a schedule or both. */
type Rule = {
  readonly name: string;
  readonly pattern?: unknown;
  readonly schedule?: string;
  readonly enabled: boolean;
  readonly targets: readonly (Target & { readonly Id: string })[];
};

type Entry = Readonly<{ Source?: string; DetailType?: string; Detail?: string; Resources?: readonly string[] }>;

type Parts = { clock: Clock; faults: Pick<Faults, 'takeForEvent'>; delivery: Delivery };

const delayMs = 60_000;

/** The default bus. */
export function createEventBridge({ clock, faults, delivery }: Parts) {
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
    for (const rule of rules.values())
      if (rule.enabled && rule.pattern && matchesPattern(rule.pattern, event)) deliverBy(rule, event);
  }

  function deliverBy(rule: Rule, event: BusEvent): void {
    const parcel = {
      body: JSON.stringify(event),
      detailType: event['detail-type'],
      sender: { RULE_ARN: ruleArn(rule) },
    };
    for (const { Id: _, ...target } of rule.targets) delivery.deliver(target, parcel);
  }

  /** As PutRule and PutTargets: answers the rule's ARN. */
  function putRule(rule: Rule): string {
    const { pattern, schedule, enabled, targets } = rule;
    const flaws = targets.map(({ Id: _, ...target }) => delivery.flawOf(target));
    const flaw = (pattern || !schedule ? patternFlaw(pattern) : null) ?? flaws.find((one) => one !== null);
    if (flaw) throw new Error(flaw);
    rules.set(rule.name, rule);
    const event = { source: 'aws.events', detailType: 'Scheduled Event', resources: [ruleArn(rule)], detail: {} };
    // Nothing but the rule itself sees the event of its schedule.
    if (schedule && enabled) repeat(schedule, { clock, what: (time) => deliverBy(rule, envelope(event, time)) });
    return ruleArn(rule);
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
