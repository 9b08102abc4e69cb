import { certificates } from '../shared/aws/certificates.ts';
import { queue } from '../shared/aws/queue.ts';
import { secrets } from '../shared/aws/secrets.ts';
import { tagged } from '../shared/aws/tagged.ts';
import { digest } from '../shared/digest.ts';
import { readSweep } from '../shared/events.ts';
import type { Message } from '../shared/events/queued.ts';
import { gauge } from '../shared/metrics.ts';
import { base, entry, environment } from '../shared/runtime.ts';
import { sweep } from '../shared/sweep.ts';
import { telling } from '../shared/telling.ts';

const wire = {
  ...base(),
  ...telling(),
  certificates: certificates(),
  secrets: secrets(),
  tagged: tagged(),
  deliveries: queue<Message>(environment('DELIVERIES_QUEUE_URL')),
  gauge,
};

/** Hourly: puts right what is behind. Weekly, asked with `{"digest": true}`: tells what will not come right by itself. */
export const handler = entry(async (event: unknown, context) =>
  readSweep(event).digest ? digest(wire) : sweep(context.awsRequestId, wire),
);
