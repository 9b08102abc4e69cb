import type { Certificates } from './aws/certificates.ts';
import type { Queue } from './aws/queue.ts';
import { appraise } from './domain/appraisal.ts';
import type { AvailableEvent } from './events/bus-event.ts';
import type { Concern, Message } from './events/queued.ts';
import { recorded } from './ledger.ts';
import { type Telling, tell } from './tell.ts';

export type Wire = Telling & {
  readonly certificates: Pick<Certificates, 'find'>;
  readonly deliveries: Pick<Queue<Message>, 'add'>;
  readonly concerns: Pick<Queue<Concern>, 'add'>;
};

const imports: readonly string[] = ['IMPORT', 'REIMPORT'];
/** After which a certificate that people were warned of is good again. */
const renewals: readonly string[] = ['RENEWAL', 'REIMPORT'];

/**
 * ACM has a certificate to hand out: queue it. An imported one is never exported, so it is only acknowledged, unless a
 * tag asks for the impossible: then people are told. Anything else that AWS may call an action one day is queued, for
 * the worker looks for itself. Where it takes the place of an earlier one, `diagnose` sees whether people were warned.
 */
export const certificateAvailable = (event: AvailableEvent, world: Wire): Promise<{ readonly is: string }> =>
  recorded(
    {
      ...{ event: event.id, certificateArn: event.certificateArn, world },
      inWords: ({ is }) => ({ decided: is, why: event.action }),
    },
    (wire) => handle(event, wire),
  );

async function handle(event: AvailableEvent, wire: Wire): Promise<{ readonly is: string }> {
  const { certificateArn, action, id } = event;
  // First, and by itself: what fails after it has the event come again, and a second concern of its id is never seen.
  if (renewals.includes(action)) await wire.concerns.add({ certificateArn, cause: id, about: 'renewed' });
  return imports.includes(action) ? acknowledgeImport(certificateArn, wire) : queue(event, wire);
}

async function queue({ certificateArn, action, id }: AvailableEvent, wire: Wire): Promise<{ readonly is: string }> {
  await wire.deliveries.add({ certificateArn, cause: id });
  wire.log('info', 'Queued a certificate', { certificateArn, action });
  return { is: 'queued' };
}

async function acknowledgeImport(certificateArn: string, wire: Wire): Promise<{ readonly is: string }> {
  const certificate = await wire.certificates.find(certificateArn);
  wire.log('info', 'Acknowledged an import', { certificateArn });
  const appraisal = certificate ? appraise(certificate, wire.settings) : undefined;
  if (!certificate || appraisal?.is !== 'tell') return { is: 'acknowledged' };
  await tell(appraisal.findings, { certificate }, wire);
  return { is: 'told' };
}
