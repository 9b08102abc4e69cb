import {
  CreateSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  type SecretListEntry,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Members } from '../domain/form.ts';
import { finding } from '../domain/reasons.ts';
import type { PresentSecret, Secret } from '../domain/secret.ts';
import { prompt } from './client.ts';
import { ask, askFor, nameOf, Trouble } from './trouble.ts';

export type Secrets = ReturnType<typeof secrets>;

/** Secrets Manager, as the domain sees it. `kmsKeyArn` encrypts the secrets that we create. */
export function secrets(options: { readonly kmsKeyArn?: string } = {}, manager = new SecretsManagerClient(prompt)) {
  return {
    /** The secret with its labelled versions. One call; never the value. */
    async find(name: string): Promise<Secret> {
      const found = await askFor('secretsmanager:DescribeSecret', () =>
        manager.send(new DescribeSecretCommand({ SecretId: name })),
      );
      if (!found) return { state: 'absent' };
      return found.DeletedDate ? { state: 'deleting' } : describedSecret(found);
    },

    /**
     * The secrets whose names begin with `prefix`, by name, a hundred with each call. A change of the last five minutes
     * may be missing (API Reference, ListSecrets): whoever acts asks for the secret itself.
     */
    async list(prefix: string): Promise<ReadonlyMap<string, Secret>> {
      const found = new Map<string, Secret>();
      let NextToken: string | undefined;
      do {
        const page = await ask('secretsmanager:ListSecrets', () =>
          manager.send(
            new ListSecretsCommand({
              Filters: [{ Key: 'name', Values: [prefix] }],
              IncludePlannedDeletion: true,
              MaxResults: 100,
              ...(NextToken && { NextToken }),
            }),
          ),
        );
        for (const entry of page.SecretList ?? []) found.set(entry.Name ?? '', readSecret(entry));
        NextToken = page.NextToken;
      } while (NextToken);
      return found;
    },

    /**
     * The members of a version, each to be written again as it is; null where it is no JSON object. Of secrets that a
     * person handed over, for what they hold besides: the role may read no other (`courier:certificate`).
     */
    async members(name: string, { versionId }: { versionId: string }): Promise<Members | null> {
      const answer = await ask(
        'secretsmanager:GetSecretValue',
        () => manager.send(new GetSecretValueCommand({ SecretId: name, VersionId: versionId })).catch(unseen(name)),
        { material: true },
      );
      // A version may be there and hold nothing.
      return answer.SecretString || answer.SecretBinary ? membersOf(answer.SecretString ?? '') : {};
    },

    /** A passphrase that ACM accepts: 4–128 characters without `#`, `$` and `%` (API Reference, ExportCertificate). */
    async passphrase(): Promise<string> {
      const answer = await ask(
        'secretsmanager:GetRandomPassword',
        () => manager.send(new GetRandomPasswordCommand({ PasswordLength: 48, ExcludePunctuation: true })),
        { material: true },
      );
      return answer.RandomPassword ?? '';
    },

    /**
     * A new secret, whose first version becomes current by itself. `exists` where somebody created the secret meanwhile.
     */
    async create(name: string, { versionId, value }: NewVersion): Promise<'stored' | 'exists'> {
      return store('secretsmanager:CreateSecret', () =>
        manager.send(
          new CreateSecretCommand({
            Name: name,
            Description: ourDescription,
            ClientRequestToken: versionId,
            SecretString: value,
            ...(options.kmsKeyArn && { KmsKeyId: options.kmsKeyArn }),
          }),
        ),
      );
    },

    /**
     * A new version under these labels, which leave the versions that had them: without named stages it would move AWSCURRENT unseen. `exists` where a version of
     * this id is there already: the loser of a race, with the same certificate under another passphrase.
     */
    async put(
      name: string,
      { versionId, value, stages }: NewVersion & { stages: readonly string[] },
    ): Promise<'stored' | 'exists'> {
      return store('secretsmanager:PutSecretValue', () =>
        manager
          .send(
            new PutSecretValueCommand({
              SecretId: name,
              ClientRequestToken: versionId,
              SecretString: value,
              VersionStages: [...stages],
            }),
          )
          .catch(unseen(name))
          .catch(full(name)),
      );
    },

    /**
     * Moves, sets (no `from`) or takes off (no `to`) a label. AWS refuses unless `from` names the present holder: that
     * is the lock of a promotion, and losing it is WorldMoved.
     */
    async move(name: string, { label, from, to }: { label: string; from?: string | undefined; to?: string }) {
      await ask('secretsmanager:UpdateSecretVersionStage', async () => {
        try {
          await manager
            .send(
              new UpdateSecretVersionStageCommand({
                SecretId: name,
                VersionStage: label,
                ...(from && { RemoveFromVersionId: from }),
                ...(to && { MoveToVersionId: to }),
              }),
            )
            .catch(unseen(name));
        } catch (error) {
          if (nameOf(error) !== 'InvalidParameterException') throw error;
          const detail = `label ${label} of secret "${name}" is not where it was seen`;
          throw new Trouble(finding('WorldMoved', { detail }), { cause: error });
        }
      });
    },
  };
}

function membersOf(text: string): Members | null {
  try {
    const value = json.parse(text, (_, part, { source }) => (typeof part === 'number' ? json.rawJSON(source) : part));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    // JSON.parse quotes what it cannot read: its error goes no further.
    return null;
  }
}

/** Keeps numbers as they were written (12345678901234567890 would become …000); TypeScript does not know of it yet. */
const json = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
};

type Entry = { readonly [Member in keyof SecretListEntry]?: SecretListEntry[Member] | undefined };

/** A secret as DescribeSecret answers it, be it about to be deleted. */
export const describedSecret = ({ VersionIdsToStages = {}, ...found }: DescribeSecretCommandOutput): PresentSecret =>
  presentSecret({ ...found, SecretVersionsToStages: VersionIdsToStages });

function readSecret(entry: SecretListEntry): Secret {
  const secret = presentSecret(entry);
  if (!entry.DeletedDate) return secret;
  // DeletedDate is the day of its end in some of AWS's answers; a deletion is a change like any other.
  return { state: 'deleting', since: secret.changedAt, held: Object.keys(secret.versions) };
}

const presentSecret = ({
  Tags = [],
  LastChangedDate,
  CreatedDate,
  SecretVersionsToStages = {},
}: Entry): PresentSecret => ({
  state: 'present',
  tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
  changedAt: Math.ceil((LastChangedDate ?? CreatedDate ?? new Date(0)).getTime() / 1000),
  versions: SecretVersionsToStages,
});

/**
 * Secrets Manager may not find for a moment what it has just created (terraform-provider-aws, pull request 18462): that
 * is a matter of looking again, as is a secret that somebody deleted since it was seen.
 */
function unseen(secret: string) {
  return (error: unknown): never => {
    if (nameOf(error) !== 'ResourceNotFoundException') throw error;
    throw new Trouble(
      finding('WorldMoved', { detail: `secret "${secret}" or its version is not found where it was seen` }),
    );
  };
}

/** Of versions: whoever stores one looked for room for its labels. AWS's own words are left out, as of all material. */
function full(secret: string) {
  return (error: unknown): never => {
    if (nameOf(error) !== 'LimitExceededException' || (error instanceof Error && /label/i.test(error.message)))
      throw error;
    throw new Trouble(finding('VersionsAtLimit', { secret }));
  };
}

/** Of a secret that we created, where nobody has changed it. */
export const ourDescription = 'Certificate delivered by acm-courier';

type NewVersion = { readonly versionId: string; readonly value: string };

async function store(call: string, send: () => Promise<unknown>): Promise<'stored' | 'exists'> {
  const answer = async () => {
    try {
      await send();
      return 'stored' as const;
    } catch (error) {
      if (nameOf(error) === 'ResourceExistsException') return 'exists' as const;
      throw error;
    }
  };
  return ask(call, answer, { material: true });
}
