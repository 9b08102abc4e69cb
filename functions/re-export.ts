import { certificates } from '../shared/aws/certificates.ts';
import { deliveries } from '../shared/aws/deliveries.ts';
import { secrets } from '../shared/aws/secrets.ts';
import { services } from '../shared/aws/services.ts';
import { tagged } from '../shared/aws/tagged.ts';
import { worker } from '../shared/aws/worker.ts';
import { reExport } from '../shared/re-export.ts';
import { base, entry, environment } from '../shared/runtime.ts';

const wire = {
  ...base(),
  certificates: certificates(),
  secrets: secrets(),
  services: services(),
  tagged: tagged(),
  deliveries: deliveries(environment('DELIVERIES_QUEUE_URL')),
  worker: worker(`${environment('FUNCTION_ARN_PREFIX')}deliver`),
};

/** By hand: plan, queue or follow deliveries (docs: README, "Export again"). */
export const handler = entry(async (event: unknown, context) => {
  const limits = { requestId: context.awsRequestId, remaining: () => context.getRemainingTimeInMillis() };
  return reExport(event, { limits, wire });
});
