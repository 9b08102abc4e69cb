import { randomInt, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { page } from './page.ts';
import { arn, type Emit, type Operation, refuse, type Service } from './service.ts';
import type { Tags } from './tags.ts';

type Version = { readonly id: string; readonly value: string; readonly created: Date; readonly labels: Set<string> };

type Secret = ReturnType<typeof newSecret>;

const secretBytes = 65_536;
/** Attached across all versions (User Guide, AWS Secrets Manager quotas). */
const labelsPerSecret = 20;
const versionsPerSecret = 100;
const day = 86_400_000;

/**
 * Secrets Manager: versions, staging labels and their compare-and-swap. Error texts are AWS's where they are published
 * or seen in reports of users; the codes always are.
 */
export function createSecretsManager({ clock, emit, tags }: { clock: Clock; emit: Emit; tags: Tags }) {
  const secrets = new Map<string, Secret>();

  /** Takes a name, an ARN, or an ARN without its six random characters. */
  const known = (secretId = ''): Secret | undefined =>
    [...secrets.values()].find(({ name, arn }) => [name, arn, arn.slice(0, -7)].includes(secretId));

  const find = (secretId: string): Secret =>
    known(secretId) ?? refuse('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");

  function findLive(secretId: string): Secret {
    const secret = find(secretId);
    if (!secret.deletion) return secret;
    return invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
  }

  /** Puts a label on a version and off the one that had it; AWSCURRENT leaves AWSPREVIOUS behind. */
  function label(secret: Secret, name: string, version: Version): void {
    const before = holder(secret, name);
    if (before === version) return;
    before?.labels.delete(name);
    version.labels.add(name);
    if (name === 'AWSCURRENT' && before) label(secret, 'AWSPREVIOUS', before);
    if (name === 'AWSPENDING' || name === 'AWSPREVIOUS') return;
    emit({
      source: 'aws.secretsmanager',
      detailType: 'Secret Label Updated',
      resources: [secret.arn],
      detail: { name: secret.name, labelUpdated: name, versionId: version.id },
    });
  }

  /** AWS's words as users report them; AWSPREVIOUS comes with the first move of AWSCURRENT. */
  function checkLabels(secret: Secret, wanted: ReadonlySet<string>): void {
    const attached = new Set([...secret.versions.values()].flatMap(({ labels }) => [...labels]));
    if (wanted.has('AWSCURRENT') && attached.has('AWSCURRENT')) attached.add('AWSPREVIOUS');
    if (attached.union(wanted).size > labelsPerSecret)
      refuse('LimitExceededException', 'You exceeded the maximum number of staging labels allowed on a secret.');
  }

  type NewVersion = { SecretString: string; ClientRequestToken?: string; VersionStages?: string[] };

  /** A new version, or the one that this token made before from the same value. */
  function put(secret: Secret, { SecretString: value, ClientRequestToken, VersionStages }: NewVersion): Version {
    if (!value) invalidParameter('You must provide SecretString: the lab keeps no binary secrets.');
    if (Buffer.byteLength(value) > secretBytes)
      refuse('ValidationException', `Value at 'secretString' must have length less than or equal to ${secretBytes}`);
    const id = ClientRequestToken ?? randomUUID();
    const existing = secret.versions.get(id);
    if (existing?.value === value) return existing;
    if (existing)
      refuse(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
      );
    const stages = new Set(VersionStages ?? ['AWSCURRENT']);
    if (!holder(secret, 'AWSCURRENT')) stages.add('AWSCURRENT');
    const version: Version = { id, value, created: clock.now(), labels: new Set() };
    checkLabels(secret, stages);
    makeRoom(secret);
    secret.versions.set(id, version);
    secret.changed = clock.now();
    for (const stage of stages) label(secret, stage, version);
    return version;
  }

  /** AWS removes the oldest versions without a label, but none younger than a day. */
  function makeRoom(secret: Secret): void {
    const oldest = clock.now().getTime() - day;
    for (const version of secret.versions.values()) {
      if (secret.versions.size < versionsPerSecret) return;
      if (version.labels.size === 0 && version.created.getTime() <= oldest) secret.versions.delete(version.id);
    }
    if (secret.versions.size >= versionsPerSecret)
      refuse('LimitExceededException', `You have reached the limit of ${versionsPerSecret} secret versions.`);
  }

  const CreateSecret: Operation = (input) => {
    const existing = [...secrets.values()].find((secret) => secret.name === input.Name);
    if (existing) return recreate(existing, input);
    const secret = newSecret(input, clock.now());
    // The value is checked before the secret exists: a refused request must leave nothing behind.
    const hasValue = 'SecretString' in input || 'SecretBinary' in input;
    const version = hasValue ? put(secret, { ...input, VersionStages: undefined }) : undefined;
    secrets.set(secret.arn, secret);
    tags.add(secret.arn, input.Tags);
    return { ...named(secret), VersionId: version?.id };
  };

  /** Creating again with the same token and value answers as the first time did. */
  function recreate(existing: Secret, { ClientRequestToken = '', SecretString }: NewVersion) {
    if (existing.deletion)
      invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.");
    const version = existing.versions.get(ClientRequestToken);
    if (version?.value === SecretString) return { ...named(existing), VersionId: version?.id };
    const message = `The operation failed because the secret ${existing.name} already exists.`;
    return refuse('ResourceExistsException', message);
  }

  const PutSecretValue: Operation = (input) => {
    const secret = findLive(input.SecretId);
    const version = put(secret, input);
    return { ...named(secret), VersionId: version.id, VersionStages: [...version.labels] };
  };

  type WantedVersion = { readonly VersionId?: string; readonly VersionStage?: string };

  function readVersion(secret: Secret, { VersionId: id, VersionStage: stage }: WantedVersion): Version {
    const version = id ? secret.versions.get(id) : holder(secret, stage ?? 'AWSCURRENT');
    if (!version) {
      const what = id ? `VersionId: ${id}` : `staging label: ${stage ?? 'AWSCURRENT'}`;
      return refuse('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${what}`);
    }
    if (stage && !version.labels.has(stage))
      invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
    return version;
  }

  const GetSecretValue: Operation = (input) => {
    const secret = findLive(input.SecretId);
    const version = readVersion(secret, input);
    return { ...named(secret), ...describeVersion(version), SecretString: version.value };
  };

  const UpdateSecretVersionStage: Operation = (input) => {
    const secret = findLive(input.SecretId);
    const { VersionStage: name, MoveToVersionId: to, RemoveFromVersionId: from } = input;
    const target = to && knownVersion(secret, to);
    const source = from && knownVersion(secret, from);
    const present = holder(secret, name);

    if (source && source !== present)
      invalidParameter(
        `The parameter RemoveFromVersionId is not valid. Staging label ${name} is not currently attached to version ${source.id}.`,
      );
    if (present && !source && present !== target)
      invalidParameter(
        `The parameter RemoveFromVersionId can't be empty. Staging label ${name} is currently attached to version ${present.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    if (!target && name === 'AWSCURRENT')
      invalidParameter(
        "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
      );
    if (target && target !== present) checkLabels(secret, new Set([name]));

    if (target) label(secret, name, target);
    else source?.labels.delete(name);
    secret.changed = clock.now();
    return named(secret);
  };

  function describe(secret: Secret) {
    const labelled = [...secret.versions.values()].filter(({ labels }) => labels.size > 0);
    return {
      ...named(secret),
      ...secret.facts,
      LastChangedDate: secret.changed,
      DeletedDate: secret.deletion?.due,
      Tags: tags.of(secret.arn),
      VersionIdsToStages: Object.fromEntries(labelled.map(({ id, labels }) => [id, [...labels]])),
    };
  }

  const DescribeSecret: Operation = (input) => describe(find(input.SecretId));

  const ListSecrets: Operation = ({ Filters = [], IncludePlannedDeletion, MaxResults, NextToken }) => {
    const [other] = Filters.filter(({ Key }: { Key: string }) => Key !== 'name');
    if (other) invalidParameter(`The lab lists secrets by name, not by ${other.Key}.`);
    const found = [...secrets.values()].filter(
      ({ name, deletion }) =>
        (!deletion || IncludePlannedDeletion) &&
        Filters.every(({ Values }: { Values: string[] }) => Values.some((value) => name.startsWith(value))),
    );
    const { items, next } = page(found, { size: MaxResults ?? 100, token: NextToken });
    const entry = ({ VersionIdsToStages, ...described }: ReturnType<typeof describe>) => ({
      ...described,
      SecretVersionsToStages: VersionIdsToStages,
    });
    return { SecretList: items.map((secret) => entry(describe(secret))), NextToken: next };
  };

  const ListSecretVersionIds: Operation = ({ SecretId, IncludeDeprecated, MaxResults, NextToken }) => {
    const secret = find(SecretId);
    const shown = [...secret.versions.values()].filter(({ labels }) => labels.size > 0 || IncludeDeprecated);
    const { items, next } = page(shown, { size: MaxResults ?? 100, token: NextToken });
    return { ...named(secret), Versions: items.map(describeVersion), NextToken: next };
  };

  const DeleteSecret: Operation = ({
    SecretId,
    RecoveryWindowInDays: days = 30,
    ForceDeleteWithoutRecovery: force,
  }) => {
    const secret = force ? find(SecretId) : findLive(SecretId);
    secret.deletion?.cancel();
    secret.changed = clock.now();
    const due = new Date(clock.now().getTime() + (force ? 0 : days * day));
    function remove(): void {
      secrets.delete(secret.arn);
      tags.forget(secret.arn);
    }
    if (force) remove();
    else secret.deletion = { due, cancel: clock.at(due, remove) };
    return { ...named(secret), DeletionDate: due };
  };

  const RestoreSecret: Operation = (input) => {
    const secret = find(input.SecretId);
    secret.deletion?.cancel();
    secret.deletion = undefined;
    return named(secret);
  };

  const TagResource: Operation = (input) => {
    const secret = findLive(input.SecretId);
    tags.add(secret.arn, input.Tags);
    secret.changed = clock.now();
  };

  const UntagResource: Operation = (input) => {
    const secret = findLive(input.SecretId);
    tags.remove(secret.arn, input.TagKeys);
    secret.changed = clock.now();
  };

  /** What ECS does for `valueFrom`: a name, or `ARN[:json-key:version-stage:version-id]`; throws AwsError or Error. */
  function read(valueFrom: string): string {
    const [, secretArn = valueFrom, key, stage, id] =
      /^(arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:[^:]+)(?::([^:]*):([^:]*):([^:]*))?$/.exec(valueFrom) ?? [];
    const { value } = readVersion(findLive(secretArn), {
      ...(stage && { VersionStage: stage }),
      ...(id && { VersionId: id }),
    });
    if (!key) return value;
    const member = jsonObject(value)[key];
    if (member === undefined) throw new Error(`retrieved secret from Secrets Manager did not contain json key ${key}`);
    return String(member);
  }

  const service: Service = {
    name: 'secretsmanager',
    protocol: 'json-1.1',
    target: 'secretsmanager',
    operations: {
      CreateSecret,
      PutSecretValue,
      GetSecretValue,
      UpdateSecretVersionStage,
      DescribeSecret,
      ListSecrets,
      ListSecretVersionIds,
      DeleteSecret,
      RestoreSecret,
      TagResource,
      UntagResource,
      GetRandomPassword,
    },
  };
  /** The customer's key that encrypts what a call stores or reads; undefined where it is AWS's own. */
  const keyOf = ({ KmsKeyId, SecretId }: { KmsKeyId?: string; SecretId?: string }) =>
    KmsKeyId ?? known(SecretId)?.facts.KmsKeyId;

  return { service, read, keyOf };
}

type SecretWish = { readonly Name: string; readonly Description?: string; readonly KmsKeyId?: string };

const newSecret = ({ Name, Description, KmsKeyId }: SecretWish, now: Date) => ({
  arn: arn('secretsmanager', `secret:${Name}-${randomCharacters(alphanumeric, 6)}`),
  name: Name,
  facts: { Description, KmsKeyId, CreatedDate: now },
  versions: new Map<string, Version>(),
  changed: now,
  deletion: undefined as { readonly due: Date; readonly cancel: () => void } | undefined,
});

const invalidParameter = (message: string) => refuse('InvalidParameterException', message);
const invalidRequest = (message: string) => refuse('InvalidRequestException', message);

const named = (secret: Secret) => ({ ARN: secret.arn, Name: secret.name });
const describeVersion = ({ id, labels, created }: Version) => ({
  VersionId: id,
  VersionStages: [...labels],
  CreatedDate: created,
});
const holder = (secret: Secret, label: string) =>
  [...secret.versions.values()].find((version) => version.labels.has(label));
const knownVersion = (secret: Secret, id: string): Version =>
  secret.versions.get(id) ?? refuse('ResourceNotFoundException', "Secrets Manager can't find the specified version.");

/** Never lets JSON.parse's own error out: it quotes the secret. */
function jsonObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new Error('invalid character looking for beginning of value');
  }
}

const kinds = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789'];
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const alphanumeric = kinds.join('');
const randomCharacters = (alphabet: string, length: number) =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

/** Begins with a character of each kind: AWS, too, has them all unless told otherwise. */
const GetRandomPassword: Operation = ({ PasswordLength = 32, ExcludePunctuation, ExcludeCharacters = '' }) => {
  const without = (kind: string) => [...kind].filter((one) => !ExcludeCharacters.includes(one)).join('');
  const allowed = [...kinds, ExcludePunctuation ? '' : punctuation].map(without).filter((kind) => kind !== '');
  if (PasswordLength < allowed.length) invalidParameter('The password is too short for a character of each kind.');
  const required = allowed.map((kind) => randomCharacters(kind, 1)).join('');
  return { RandomPassword: required + randomCharacters(allowed.join(''), PasswordLength - required.length) };
};
