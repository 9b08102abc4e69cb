import { expect, it } from 'vitest';
import { ask } from '../../../shared/aws/trouble.ts';

/** Error names of ACM, Private CA, Secrets Manager, ECS, Tagging, Lambda, SNS and SQS, as the SDK gives them. */
it.each([
  ['ThrottlingException', 'Throttled'],
  ['ThrottledException', 'Throttled'],
  ['TooManyRequestsException', 'Throttled'],
  ['RequestThrottled', 'Throttled'],
  ['KMSThrottlingException', 'Throttled'],
  ['KmsThrottled', 'Throttled'],
  ['AccessDeniedException', 'AccessDenied'],
  ['AuthorizationErrorException', 'AccessDenied'],
  ['KMSAccessDeniedException', 'AccessDenied'],
  ['KmsAccessDenied', 'AccessDenied'],
  ['RequestInProgressException', 'RequestInProgress'],
  ['InvalidParameterException', 'CallRefused'],
])('%s is %s', async (name, reason) => {
  const error = Object.assign(new Error('AWS said so'), { name, $metadata: { httpStatusCode: 400 } });
  const asked = ask('sns:Publish', () => Promise.reject(error));
  await expect(asked).rejects.toMatchObject({ finding: { reason, facts: { detail: 'sns:Publish: AWS said so' } } });
});
