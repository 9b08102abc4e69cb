import { BatchImportFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { finding } from '../domain/reasons.ts';
import type { SecurityFinding } from '../domain/security-finding.ts';
import { prompt } from './client.ts';
import { ask, Trouble } from './trouble.ts';

export type SecurityHub = ReturnType<typeof securityHub>;

export function securityHub(hub = new SecurityHubClient(prompt)) {
  return {
    /** Creates or updates a finding. Security Hub refuses one inside an answer that succeeds: that is Trouble, too. */
    async put(one: SecurityFinding): Promise<void> {
      const call = 'securityhub:BatchImportFindings';
      const answer = await ask(call, () => hub.send(new BatchImportFindingsCommand({ Findings: [one] })));
      if (!answer.FailedCount) return;
      const [failed] = answer.FailedFindings ?? [];
      const why = failed ? `${failed.ErrorCode}: ${failed.ErrorMessage}` : 'it does not say why';
      throw new Trouble(finding('CallRefused', { detail: `${call}: the finding "${one.Id}" was not taken, ${why}` }));
    },
  };
}
