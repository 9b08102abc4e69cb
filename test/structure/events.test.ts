import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { progressEvents } from '../../shared/aws/progress.ts';
import { documentedEvents, eventFlaws } from '../event-flaws.ts';
import { fleetModel } from '../shared/fleet-model.ts';

const sampleOf = (type: string) => {
  const file = `docs/events/${type.toLowerCase().replaceAll(' ', '-')}.sample.json`;
  return JSON.parse(readFileSync(join(import.meta.dirname, '../..', file), 'utf8'));
};

type Entry = { readonly Source: string; readonly DetailType: string; readonly Detail: string; readonly Resources: [] };

/** What EventBridge would hand on of the events of these fleets. The lab's own are judged in test/functions. */
async function sentBy(fleets: readonly ReturnType<typeof fleetModel>[]) {
  const entries: Entry[] = [];
  const send = async ({ input }: { input: { Entries: readonly Entry[] } }) => {
    entries.push(...input.Entries);
    return {};
  };
  for (const { events } of fleets)
    for (const event of events) await progressEvents({ send } as unknown as EventBridgeClient).put(event);
  return entries.map(({ Source, DetailType, Detail, Resources }) => ({
    ...{ source: Source, 'detail-type': DetailType, resources: Resources, detail: JSON.parse(Detail) },
  }));
}

describe('the events that are documented', () => {
  it.each(documentedEvents)('%s has a sample that fits its schema', (type) => {
    expect([sampleOf(type)['detail-type'], eventFlaws(sampleOf(type))]).toEqual([type, []]);
  });

  it('are those of rollouts, each as its schema has it', async () => {
    const fleets = [
      fleetModel({ a: {}, b: {}, c: {} }, { parallel: 1 }),
      fleetModel({ a: { nature: 'breaks' } }),
      fleetModel({ a: { nature: 'refuses' } }),
    ];
    for (const fleet of fleets) await fleet.run();
    const sent = await sentBy(fleets);
    expect(sent.map((event) => [event['detail-type'], eventFlaws(event)])).toEqual(
      sent.map((event) => [event['detail-type'], []]),
    );
    const ofRollouts = documentedEvents.filter((type) => type !== 'Certificate Stored');
    expect(new Set(sent.map((event) => event['detail-type']))).toEqual(new Set(ofRollouts));
  });

  it.each([
    ['another source', { source: 'aws.acm' }, 'event.source is not "acm-courier"'],
    ['a type that nobody wrote down', { 'detail-type': 'Wave Begun' }, '"Wave Begun" is not documented'],
    ['a member too much', { detail: { ...sampleOf('Wave Completed').detail, x: 1 } }, 'event.detail.x is not known'],
    ['a member of another type', { resources: 'arn' }, 'event.resources is of type string, not array'],
  ])('are not those with %s', (_, other, flaw) =>
    expect(eventFlaws({ ...sampleOf('Wave Completed'), ...other })).toEqual([flaw]),
  );
});
