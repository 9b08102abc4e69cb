import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Behaviour, Counterpart } from './behaviours/behaviour.ts';
import { ecs } from './behaviours/ecs.ts';
import { eventBridge } from './behaviours/eventbridge.ts';
import { startLabCounterpart } from './behaviours/lab-counterpart.ts';
import { startMiniStackCounterpart } from './behaviours/ministack-counterpart.ts';
import { secretsManager } from './behaviours/secrets-manager.ts';
import { sns } from './behaviours/sns.ts';
import { sqs } from './behaviours/sqs.ts';
import { tagging } from './behaviours/tagging.ts';
import { judged } from './counterparts.ts';
import { type KnownDifference, knownDifferences } from './known-differences.ts';

const services: Readonly<Record<string, readonly Behaviour[]>> = {
  'Secrets Manager': secretsManager,
  SNS: sns,
  SQS: sqs,
  EventBridge: eventBridge,
  ECS: ecs,
  Tagging: tagging,
};
const start = { lab: startLabCounterpart, MiniStack: startMiniStackCounterpart };
type Name = Counterpart['name'];
const names = Object.keys(start) as Name[];

/** What was seen as expected: like AWS, or as the table says. */
const seen: { readonly service: string; readonly name: Name; readonly like: boolean }[] = [];

const differenceOf = (behaviour: string, name: Name): KnownDifference | undefined =>
  knownDifferences.find((one) => one.behaviour === behaviour && one.differs === name);

describe.each(names)('%s', (name) => {
  let at: Counterpart;
  beforeAll(async () => {
    at = await start[name]();
  });
  afterAll(() => at?.stop());

  describe.each(Object.entries(services))('%s', (service, behaviours) => {
    test.each(behaviours)('$name', async (behaviour) => {
      const difference = differenceOf(behaviour.name, name);
      expect(await behaviour.observe(at)).toEqual(difference ? difference.observed : behaviour.expected);
      seen.push({ service, name, like: !difference });
    });
  });
});

afterAll(() => {
  for (const [service, { length }] of Object.entries(services)) {
    const rows = seen.filter((one) => one.service === service);
    if (rows.length < length * names.length) continue;
    const alike = names.map((name) => `${name} ${rows.filter((row) => row.name === name && row.like).length}`);
    judged('MiniStack', `${service}: ${length} behaviours, like AWS: ${alike.join(', ')}; every difference is known`);
  }
});

describe('the table of known differences', () => {
  const all = Object.values(services).flat();

  test('speaks of behaviours that there are, each once', () => {
    const known = all.map(({ name }) => name);
    expect(new Set(known).size).toBe(known.length);
    expect(knownDifferences.filter(({ behaviour }) => !known.includes(behaviour))).toEqual([]);
    const rows = knownDifferences.map(({ behaviour, differs }) => `${differs}: ${behaviour}`);
    expect(new Set(rows).size).toBe(rows.length);
  });

  test.each(knownDifferences)('$differs, $behaviour: says something else than AWS, and who is like AWS', (row) => {
    const other = row.differs === 'lab' ? 'MiniStack' : 'lab';
    expect(row.observed).not.toEqual(all.find(({ name }) => name === row.behaviour)?.expected);
    expect(row.likeAws).toBe(differenceOf(row.behaviour, other) ? null : other);
    expect(row.source).toMatch(/^https:\/\//);
  });
});
