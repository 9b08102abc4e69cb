import { certificates } from '../shared/aws/certificates.ts';
import { keptSecrets } from '../shared/aws/kept-secret.ts';
import { secrets } from '../shared/aws/secrets.ts';
import { worker } from '../shared/aws/worker.ts';
import { deliveredCertificate } from '../shared/delivered-certificate.ts';
import { readStackRequest } from '../shared/events/stack-request.ts';
import { answerStack } from '../shared/network/stack-answer.ts';
import { base, entry, environment } from '../shared/runtime.ts';

const wire = {
  ...base(),
  certificates: certificates(),
  secrets: secrets(),
  keptSecrets: keptSecrets(),
  worker: worker(`${environment('FUNCTION_ARN_PREFIX')}deliver`),
  answer: answerStack,
};

/** CloudFormation: Custom::DeliveredCertificate (docs: README, "In a stack"). Its answer goes to CloudFormation. */
export const handler = entry(async (event: unknown, context) =>
  deliveredCertificate(readStackRequest(event), { remaining: () => context.getRemainingTimeInMillis(), wire }),
);
