import { queue } from '../shared/aws/queue.ts';
import { tagged } from '../shared/aws/tagged.ts';
import { readLabelUpdated } from '../shared/events/bus-event.ts';
import type { Message } from '../shared/events/queued.ts';
import { base, entry, environment } from '../shared/runtime.ts';
import { secretChanged } from '../shared/secret-changed.ts';

const wire = { ...base(), tagged: tagged(), deliveries: queue<Message>(environment('DELIVERIES_QUEUE_URL')) };

/** EventBridge: Secret Label Updated, AWSCURRENT, below our prefix. */
export const handler = entry(async (event: unknown) => {
  const changed = readLabelUpdated(event, { prefix: wire.settings.secretPrefix });
  if (changed.is !== 'skip') return secretChanged(changed, wire);
  wire.log('warn', 'Skipped an event', { why: changed.why });
  return changed;
});
