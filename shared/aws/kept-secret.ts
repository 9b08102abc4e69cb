import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { PresentSecret } from '../domain/secret.ts';
import { prompt } from './client.ts';
import { describedSecret, ourDescription } from './secrets.ts';
import { ask, askFor } from './trouble.ts';

export type KeptSecrets = ReturnType<typeof keptSecrets>;

/** A secret with its ARN, and as it was or is even while it is being deleted. */
export type KeptSecret = {
  readonly arn: string;
  readonly deleting: boolean;
  /** By its description, acm-courier created it. */
  readonly ours: boolean;
  /** Epoch seconds. */
  readonly createdAt: number;
  readonly secret: PresentSecret;
};

/** Secrets that come and go with stacks. None of this touches a value. */
export function keptSecrets(manager = new SecretsManagerClient(prompt)) {
  return {
    async look(name: string): Promise<KeptSecret | null> {
      const found = await askFor('secretsmanager:DescribeSecret', () =>
        manager.send(new DescribeSecretCommand({ SecretId: name })),
      );
      if (!found) return null;
      return {
        arn: found.ARN ?? '',
        deleting: found.DeletedDate !== undefined,
        ours: found.Description === ourDescription,
        createdAt: Math.ceil((found.CreatedDate?.getTime() ?? 0) / 1000),
        secret: describedSecret(found),
      };
    },

    /** Takes a secret out of its recovery window. Done for one that is in none, too. */
    async restore(name: string): Promise<void> {
      await ask('secretsmanager:RestoreSecret', () => manager.send(new RestoreSecretCommand({ SecretId: name })));
    },

    /** Puts a secret into its recovery window of thirty days; done where it is gone already. */
    async remove(name: string): Promise<void> {
      await askFor('secretsmanager:DeleteSecret', () => manager.send(new DeleteSecretCommand({ SecretId: name })));
    },
  };
}
