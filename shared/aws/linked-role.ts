import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { prompt } from './client.ts';
import { ask, nameOf } from './trouble.ts';

export type LinkedRole = ReturnType<typeof linkedRole>;

/** The role by which ACM uses an authority of another account (ACM User Guide, "Service-linked role"). */
const roleName = 'AWSServiceRoleForCertificateManager';

export function linkedRole(iam = new IAMClient(prompt)) {
  return {
    async exists(): Promise<boolean> {
      return ask('iam:GetRole', async () => {
        try {
          await iam.send(new GetRoleCommand({ RoleName: roleName }));
          return true;
        } catch (error) {
          if (nameOf(error) === 'NoSuchEntityException') return false;
          throw error;
        }
      });
    },
  };
}
