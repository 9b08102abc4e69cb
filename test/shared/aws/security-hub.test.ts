import type { BatchImportFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { expect, it } from 'vitest';
import { securityHub } from '../../../shared/aws/security-hub.ts';
import { securityFinding } from '../../../shared/domain/security-finding.ts';
import { certificate, now, place } from '../domain/sample.ts';
import { sampleOf } from '../domain/sample-facts.ts';

const one = securityFinding({ certificate, subject: 'renewal', findings: [sampleOf('CertificateGone')], now }, place);

const answering = (answer: object) => {
  const sent: unknown[] = [];
  const send = async ({ input }: BatchImportFindingsCommand) => {
    sent.push(input);
    return answer;
  };
  return { ...securityHub({ send } as unknown as SecurityHubClient), sent };
};

it('a finding is imported as it is', async () => {
  const { put, sent } = answering({ FailedCount: 0, SuccessCount: 1 });
  await put(one);
  expect(sent).toEqual([{ Findings: [one] }]);
});

it('a finding that is refused inside an answer that succeeds is Trouble', async () => {
  const FailedFindings = [{ Id: one.Id, ErrorCode: 'InvalidInput', ErrorMessage: 'it has no title' }];
  await expect(answering({ FailedCount: 1, SuccessCount: 0, FailedFindings }).put(one)).rejects.toMatchObject({
    finding: {
      reason: 'CallRefused',
      facts: {
        detail: `securityhub:BatchImportFindings: the finding "${one.Id}" was not taken, InvalidInput: it has no title`,
      },
    },
  });
});

it('a refusal without a reason is Trouble all the same', async () => {
  await expect(answering({ FailedCount: 1, SuccessCount: 0 }).put(one)).rejects.toThrow('it does not say why');
});
