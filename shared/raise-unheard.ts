import { look } from './aws/look.ts';
import { type UnheardEnd, unheardEnds } from './domain/unheard-ends.ts';
import { record } from './record.ts';
import { interval, type Seen, type Wire } from './repairs.ts';

/**
 * Queues for `diagnose` what an event of ACM should have had people told of, where no warning of this stack has gone out
 * since. CloudWatch counts warnings, not of which certificate: where another was warned of in these hours the event is
 * believed to have come, and what it did not say is left to the digest. Answers how many were queued.
 */
export async function raiseUnheard({ runId, inventory, until }: Seen, wire: Wire): Promise<number> {
  const ends = unheardEnds(inventory.certificates, { after: until - interval, until });
  const unheard: UnheardEnd[] = [];
  // All are asked about before the first is queued: its mail would pass for word of the others.
  for (const alike of Map.groupBy(ends, ({ days, since }) => `${days} ${since === undefined}`).values())
    if (!(await wasTold(alike, wire))) unheard.push(...alike);
  for (const { since: _, ...end } of unheard) {
    const cause = `unheard-${end.certificateArn.split('/').at(-1)}-${end.days}-${until}`;
    await wire.concerns.add({ ...end, cause });
    const { certificateArn, ...seen } = end;
    const of = { event: `${runId}/${certificateArn.split('/').at(-1)}`, certificateArn };
    record({ ...of, seen, decided: 'queued', why: 'unheard', done: ['queued for diagnosis'] }, wire);
  }
  if (unheard.length > 0) wire.log('warn', 'Heard no event of what ends', { ends: unheard });
  return unheard.length;
}

/** What cannot be asked is told: a second mail is better than none. */
async function wasTold(ends: readonly UnheardEnd[], { history, now }: Wire): Promise<boolean> {
  const [earliest] = ends.flatMap(({ since }) => since ?? []).sort((a, b) => a - b);
  if (earliest === undefined) return false;
  const warned = await look(() => history.warnings({ since: earliest, now: now() }));
  return warned.is === 'seen' && warned.fact > 0;
}
