import { randomInt, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { AwsError, arn, type Emit, type Operation, type Service, type TaggedResources } from './service.ts';

type Value = { readonly SecretString?: string; readonly SecretBinary?: string };

type Version = { readonly id: string; readonly value: Value; readonly created: Date; readonly labels: Set<string> };

type Secret = {
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly created: Date;
  readonly tags: Map<string, string>;
  readonly versions: Map<string, Version>;
  changed: Date;
  deletion: { readonly due: Date; readonly cancel: () => void } | undefined;
};

type Tag = { readonly Key: string; readonly Value: string };

const secretBytes = 65_536;
const labelsPerVersion = 20;
const versionsPerSecret = 100;
const day = 86_400_000;

/**
 * Secrets Manager: versions, staging labels and their compare-and-swap. Error texts are AWS's where they are published
 * or seen in reports of users; the codes always are.
 */
export function createSecretsManager({ clock, emit }: { clock: Clock; emit: Emit }) {
  const secrets = new Map<string, Secret>();

  /** Takes a name, an ARN, or an ARN without its six random characters. */
  function find(secretId: string): Secret {
    for (const secret of secrets.values()) {
      if ([secret.name, secret.arn, secret.arn.slice(0, -7)].includes(secretId)) return secret;
    }
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  function findLive(secretId: string): Secret {
    const secret = find(secretId);
    if (!secret.deletion) return secret;
    throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
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

  /** A new version, or the one that this token made before from the same value. */
  function put(secret: Secret, input: Value & { ClientRequestToken?: string; VersionStages?: string[] }): Version {
    const value = checkedValue(input);
    const id = checkedToken(input.ClientRequestToken ?? randomUUID());
    const existing = secret.versions.get(id);
    if (existing && sameValue(existing.value, value)) return existing;
    if (existing) throw tokenInUse(secret, id);

    const stages = new Set(input.VersionStages ?? ['AWSCURRENT']);
    if (!holder(secret, 'AWSCURRENT')) stages.add('AWSCURRENT');
    if (stages.size > labelsPerVersion) throw tooManyLabels();
    const version: Version = { id, value, created: clock.now(), labels: new Set() };
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
    if (secret.versions.size < versionsPerSecret) return;
    throw new AwsError('LimitExceededException', `You have reached the limit of ${versionsPerSecret} secret versions.`);
  }

  const CreateSecret: Operation = (input) => {
    const existing = [...secrets.values()].find((secret) => secret.name === input.Name);
    if (existing) return recreate(existing, input);
    if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(input.Name ?? '')) {
      throw new AwsError(
        'ValidationException',
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
      );
    }
    const secret: Secret = {
      arn: arn('secretsmanager', `secret:${input.Name}-${randomCharacters(alphanumeric, 6)}`),
      name: input.Name,
      description: input.Description,
      kmsKeyId: input.KmsKeyId,
      created: clock.now(),
      tags: new Map((input.Tags ?? []).map((tag: Tag) => [tag.Key, tag.Value])),
      versions: new Map(),
      changed: clock.now(),
      deletion: undefined,
    };
    // The value is checked before the secret exists: a refused request must leave nothing behind.
    const version = hasValue(input) ? put(secret, { ...input, VersionStages: undefined }) : undefined;
    secrets.set(secret.arn, secret);
    return { ARN: secret.arn, Name: secret.name, VersionId: version?.id };
  };

  /** Creating again with the same token and value answers as the first time did. */
  function recreate(existing: Secret, input: Value & { ClientRequestToken?: string }) {
    if (existing.deletion) {
      throw invalidRequest(
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    }
    const version = existing.versions.get(input.ClientRequestToken ?? '');
    if (version && sameValue(version.value, input)) {
      return { ARN: existing.arn, Name: existing.name, VersionId: version.id };
    }
    throw new AwsError(
      'ResourceExistsException',
      `The operation failed because the secret ${existing.name} already exists.`,
    );
  }

  const PutSecretValue: Operation = (input) => {
    const secret = findLive(input.SecretId);
    const version = put(secret, input);
    return { ...named(secret), VersionId: version.id, VersionStages: [...version.labels] };
  };

  function readVersion(secret: Secret, wanted: { VersionId?: string; VersionStage?: string }): Version {
    const stage = wanted.VersionStage ?? 'AWSCURRENT';
    const version = wanted.VersionId ? secret.versions.get(wanted.VersionId) : holder(secret, stage);
    if (!version) {
      const what = wanted.VersionId ? `VersionId: ${wanted.VersionId}` : `staging label: ${stage}`;
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${what}`,
      );
    }
    if (wanted.VersionStage && !version.labels.has(wanted.VersionStage)) {
      throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
    }
    return version;
  }

  const GetSecretValue: Operation = (input) => {
    const secret = findLive(input.SecretId);
    const { id, value, labels, created } = readVersion(secret, input);
    const bytes = value.SecretBinary === undefined ? undefined : Buffer.from(value.SecretBinary, 'base64');
    return {
      ...named(secret),
      VersionId: id,
      SecretString: value.SecretString,
      SecretBinary: bytes,
      VersionStages: [...labels],
      CreatedDate: created,
    };
  };

  const UpdateSecretVersionStage: Operation = (input) => {
    const secret = findLive(input.SecretId);
    const { VersionStage: name, MoveToVersionId: to, RemoveFromVersionId: from } = input;
    const target = to === undefined ? undefined : knownVersion(secret, to);
    const source = from === undefined ? undefined : knownVersion(secret, from);
    const present = holder(secret, name);

    if (source && source !== present) {
      throw invalidParameter(
        `The parameter RemoveFromVersionId is not valid. Staging label ${name} is not currently attached to version ${source.id}.`,
      );
    }
    if (present && !source && present !== target) {
      throw invalidParameter(
        `The parameter RemoveFromVersionId can't be empty. Staging label ${name} is currently attached to version ${present.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    if (!target && name === 'AWSCURRENT') {
      throw invalidParameter(
        "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
      );
    }
    if (target && !target.labels.has(name) && target.labels.size >= labelsPerVersion) throw tooManyLabels();

    if (target) label(secret, name, target);
    else source?.labels.delete(name);
    secret.changed = clock.now();
    return named(secret);
  };

  const describe = (secret: Secret) => ({
    ...named(secret),
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    CreatedDate: secret.created,
    LastChangedDate: secret.changed,
    DeletedDate: secret.deletion?.due,
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
  });

  const labelled = (secret: Secret) =>
    Object.fromEntries(
      [...secret.versions.values()].filter(({ labels }) => labels.size > 0).map(({ id, labels }) => [id, [...labels]]),
    );

  const DescribeSecret: Operation = (input) => {
    const secret = find(input.SecretId);
    return { ...describe(secret), VersionIdsToStages: labelled(secret) };
  };

  const ListSecretVersionIds: Operation = (input) => {
    const secret = find(input.SecretId);
    const shown = [...secret.versions.values()].filter(({ labels }) => labels.size > 0 || input.IncludeDeprecated);
    const { items, NextToken } = page(shown, input);
    const Versions = items.map(({ id, labels, created }) => ({
      VersionId: id,
      VersionStages: [...labels],
      CreatedDate: created,
    }));
    return { ...named(secret), Versions, NextToken };
  };

  const ListSecrets: Operation = (input) => {
    const shown = [...secrets.values()]
      .filter((secret) => !secret.deletion || input.IncludePlannedDeletion)
      .filter((secret) => (input.Filters ?? []).every((filter: Filter) => matches(secret, filter)));
    const { items, NextToken } = page(shown, input);
    const SecretList = items.map((secret) => ({ ...describe(secret), SecretVersionsToStages: labelled(secret) }));
    return { SecretList, NextToken };
  };

  const DeleteSecret: Operation = (input) => {
    const { SecretId, RecoveryWindowInDays: window, ForceDeleteWithoutRecovery: force } = input;
    if (force && window !== undefined) {
      throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    }
    if (window !== undefined && (window < 7 || window > 30)) {
      throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
    }
    const secret = force ? find(SecretId) : findLive(SecretId);
    secret.deletion?.cancel();
    const due = new Date(clock.now().getTime() + (force ? 0 : (window ?? 30) * day));
    const remove = () => void secrets.delete(secret.arn);
    secret.deletion = { due, cancel: force ? () => {} : clock.at(due, remove) };
    if (force) remove();
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
    for (const tag of input.Tags) secret.tags.set(tag.Key, tag.Value);
    secret.changed = clock.now();
    return {};
  };

  const UntagResource: Operation = (input) => {
    const secret = findLive(input.SecretId);
    for (const key of input.TagKeys) secret.tags.delete(key);
    secret.changed = clock.now();
    return {};
  };

  /** What ECS does for `valueFrom`: a name, or `ARN[:json-key:version-stage:version-id]`; throws AwsError or Error. */
  function read(valueFrom: string): string {
    const [, secretArn = valueFrom, key, stage, id] =
      /^(arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:[^:]+)(?::([^:]*):([^:]*):([^:]*))?$/.exec(valueFrom) ?? [];
    const version = readVersion(findLive(secretArn), {
      ...(stage && { VersionStage: stage }),
      ...(id && { VersionId: id }),
    });
    const text = version.value.SecretString ?? '';
    if (!key) return text;
    const value = jsonObject(text)[key];
    if (value === undefined) throw new Error(`retrieved secret from Secrets Manager did not contain json key ${key}`);
    return String(value);
  }

  const tagged: TaggedResources = () =>
    [...secrets.values()].map((secret) => ({
      arn: secret.arn,
      type: 'secretsmanager:secret',
      tags: Object.fromEntries(secret.tags),
    }));

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
      ListSecretVersionIds,
      ListSecrets,
      DeleteSecret,
      RestoreSecret,
      TagResource,
      UntagResource,
      GetRandomPassword: (input) => ({ RandomPassword: randomPassword(input) }),
    },
  };
  return { service, tagged, read };
}

const invalidParameter = (message: string) => new AwsError('InvalidParameterException', message);
const invalidRequest = (message: string) => new AwsError('InvalidRequestException', message);
const tooManyLabels = () =>
  new AwsError('LimitExceededException', `A secret version can have at most ${labelsPerVersion} staging labels.`);
const tokenInUse = (secret: Secret, token: string) =>
  new AwsError(
    'ResourceExistsException',
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
  );

const named = (secret: Secret) => ({ ARN: secret.arn, Name: secret.name });
const hasValue = (value: Value) => value.SecretString !== undefined || value.SecretBinary !== undefined;
const sameValue = (a: Value, b: Value) => a.SecretString === b.SecretString && a.SecretBinary === b.SecretBinary;
const holder = (secret: Secret, label: string) =>
  [...secret.versions.values()].find((version) => version.labels.has(label));

function knownVersion(secret: Secret, id: string): Version {
  const version = secret.versions.get(id);
  if (!version) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified version.");
  return version;
}

function checkedToken(token: string): string {
  if (token.length < 32 || token.length > 64) {
    throw invalidParameter('ClientRequestToken must be 32-64 characters long.');
  }
  if (!/^[A-Za-z0-9-]+$/.test(token)) throw invalidParameter('Invalid ClientRequestToken. Must be alphanumeric or -.');
  return token;
}

function checkedValue({ SecretString, SecretBinary }: Value): Value {
  if ((SecretString === undefined) === (SecretBinary === undefined)) {
    throw invalidParameter('You must provide either SecretString or SecretBinary.');
  }
  const bytes = SecretString === undefined ? Buffer.from(SecretBinary ?? '', 'base64') : Buffer.from(SecretString);
  if (bytes.length === 0 || bytes.length > secretBytes) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at '${SecretString === undefined ? 'secretBinary' : 'secretString'}' failed to satisfy constraint: Member must have length between 1 and ${secretBytes}, inclusive`,
    );
  }
  return { ...(SecretString !== undefined && { SecretString }), ...(SecretBinary !== undefined && { SecretBinary }) };
}

/** Never lets JSON.parse's own error out: it quotes the secret. */
function jsonObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new Error('invalid character looking for beginning of value');
  }
}

type Filter = { readonly Key: string; readonly Values: readonly string[] };

/** Values are prefixes; a leading `!` negates. */
function matches(secret: Secret, { Key, Values }: Filter): boolean {
  const candidates = { name: [secret.name], 'tag-key': [...secret.tags.keys()] }[Key];
  if (!candidates) throw invalidParameter(`The lab filters secrets by name and tag-key, not by ${Key}.`);
  const found = (prefix: string) => candidates.some((candidate) => candidate.startsWith(prefix));
  return Values.some((value) => (value.startsWith('!') ? !found(value.slice(1)) : found(value)));
}

function page<T>(all: readonly T[], input: { MaxResults?: number; NextToken?: string }) {
  const start = Number(input.NextToken ?? 0);
  if (!Number.isInteger(start)) throw new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.');
  const end = start + Math.min(input.MaxResults ?? 100, 100);
  return { items: all.slice(start, end), NextToken: end < all.length ? String(end) : undefined };
}

const lowercase = 'abcdefghijklmnopqrstuvwxyz';
const uppercase = lowercase.toUpperCase();
const digits = '0123456789';
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const alphanumeric = lowercase + uppercase + digits;

const randomCharacters = (alphabet: string, length: number) =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

type PasswordRequest = {
  PasswordLength?: number;
  ExcludeCharacters?: string;
  ExcludePunctuation?: boolean;
  RequireEachIncludedType?: boolean;
};

function randomPassword(input: PasswordRequest): string {
  const length = input.PasswordLength ?? 32;
  const types = [lowercase, uppercase, digits, input.ExcludePunctuation ? '' : punctuation]
    .map((type) => [...type].filter((character) => !input.ExcludeCharacters?.includes(character)).join(''))
    .filter((type) => type !== '');
  const required = input.RequireEachIncludedType === false ? [] : types;
  if (types.length === 0 || length < Math.max(required.length, 1)) {
    throw invalidParameter('Password length is too short based on the required types.');
  }
  const characters = required.map((type) => randomCharacters(type, 1));
  while (characters.length < length) {
    // Each further character lands anywhere: the required ones must not always be the first.
    characters.splice(randomInt(characters.length + 1), 0, randomCharacters(types.join(''), 1));
  }
  return characters.join('');
}
