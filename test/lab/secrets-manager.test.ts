import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ContainerLab, day, startContainerLab } from './container-lab.ts';

let lab: ContainerLab;
let name: string;
let count = 0;

beforeAll(async () => {
  lab = await startContainerLab();
});
afterAll(() => lab.stop());
beforeEach(() => {
  name = `courier/secret-${++count}`;
  lab.events.length = 0;
});

const token = (label: string) => label.padEnd(32, '0');
const create = (value?: string, id = 'first') =>
  lab.secretsClient.send(
    new CreateSecretCommand({
      Name: name,
      ...(value !== undefined && { SecretString: value, ClientRequestToken: token(id) }),
    }),
  );
const put = (id: string, value: string, stages?: string[]) =>
  lab.secretsClient.send(
    new PutSecretValueCommand({
      SecretId: name,
      ClientRequestToken: token(id),
      SecretString: value,
      ...(stages && { VersionStages: stages }),
    }),
  );
const move = (label: string, { to, from }: { to?: string; from?: string }) =>
  lab.secretsClient.send(
    new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: label,
      ...(to && { MoveToVersionId: token(to) }),
      ...(from && { RemoveFromVersionId: token(from) }),
    }),
  );
const describeSecret = () => lab.secretsClient.send(new DescribeSecretCommand({ SecretId: name }));
const read = (wanted: { VersionId?: string; VersionStage?: string } = {}, secretId = name) =>
  lab.secretsClient.send(new GetSecretValueCommand({ SecretId: secretId, ...wanted }));
const labels = async () => (await describeSecret()).VersionIdsToStages;
const moved = () =>
  lab.events.map(({ detail }) => `${detail.labelUpdated} ${String(detail.versionId).replace(/0+$/, '')}`);

describe('a version', () => {
  it('has the token as its id, and is found by name, ARN, and ARN without its random characters', async () => {
    const { ARN = '', VersionId } = await create('one');
    expect(VersionId).toBe(token('first'));
    expect(ARN).toMatch(new RegExp(`^arn:aws:secretsmanager:us-east-1:111122223333:secret:${name}-[A-Za-z0-9]{6}$`));
    for (const secretId of [name, ARN, ARN.slice(0, -7)]) {
      expect((await read({}, secretId)).SecretString).toBe('one');
    }
  });

  it('is not made twice by the same token and value', async () => {
    await create('one');
    await put('second', 'two');
    const again = await put('second', 'two');
    expect(again.VersionId).toBe(token('second'));
    expect(Object.keys((await labels()) ?? {})).toHaveLength(2);
  });

  it('is never overwritten: the same token with another value is refused', async () => {
    const { ARN } = await create('one');
    await expect(put('first', 'two')).rejects.toMatchObject({
      name: 'ResourceExistsException',
      message: `You can't use ClientRequestToken ${token('first')} because that value is already in use for a version of secret ${ARN}.`,
    });
    expect((await read()).SecretString).toBe('one');
  });

  it('becomes current and leaves AWSPREVIOUS behind, unless labels are asked for', async () => {
    await create('one');
    await put('second', 'two');
    await put('third', 'three', ['COURIER_NEXT']);
    expect(await labels()).toEqual({
      [token('first')]: ['AWSPREVIOUS'],
      [token('second')]: ['AWSCURRENT'],
      [token('third')]: ['COURIER_NEXT'],
    });
    expect((await read({ VersionStage: 'COURIER_NEXT' })).SecretString).toBe('three');
    expect((await read({ VersionId: token('first') })).SecretString).toBe('one');
  });

  it('becomes current whatever is asked when it is the first', async () => {
    await create();
    await put('first', 'one', ['COURIER_NEXT']);
    expect(await labels()).toEqual({ [token('first')]: ['COURIER_NEXT', 'AWSCURRENT'] });
  });

  it('holds 65,536 bytes and not one more, counted in UTF-8', async () => {
    await create('one');
    await put('second', 'ü'.repeat(32_768));
    await expect(put('third', `${'ü'.repeat(32_768)}a`)).rejects.toMatchObject({ name: 'ValidationException' });
    expect((await read()).VersionId).toBe(token('second'));
  });

  it('without a label is pruned beyond 100, but not within its first day', async () => {
    await create('one');
    for (let index = 0; index < 99; index++) await put(`v${index}-`, `value ${index}`);
    await expect(put('last', 'value')).rejects.toMatchObject({ name: 'LimitExceededException' });
    await lab.clock.advance(day);
    await put('last', 'value');
    const listed = await lab.secretsClient.send(
      new ListSecretVersionIdsCommand({ SecretId: name, IncludeDeprecated: true }),
    );
    expect(listed.Versions).toHaveLength(100);
    expect(listed.Versions?.some(({ VersionId }) => VersionId === token('first'))).toBe(false);
  });
});

describe('a label', () => {
  beforeEach(async () => {
    await create('one');
    await put('second', 'two', ['COURIER_NEXT']);
    lab.events.length = 0;
  });

  it('moves only for who names its present holder: the loser of a race changes nothing', async () => {
    await expect(move('AWSCURRENT', { to: 'second', from: 'second' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    await expect(move('AWSCURRENT', { to: 'second' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${token('first')}, so you must explicitly reference that version in RemoveFromVersionId.`,
    });
    expect((await read()).SecretString).toBe('one');
    expect(lab.events).toEqual([]);
  });

  it('AWSCURRENT leaves AWSPREVIOUS on the version that it left, forth and back', async () => {
    await move('AWSCURRENT', { to: 'second', from: 'first' });
    expect(await labels()).toEqual({
      [token('first')]: ['AWSPREVIOUS'],
      [token('second')]: ['COURIER_NEXT', 'AWSCURRENT'],
    });
    await move('AWSCURRENT', { to: 'first', from: 'second' });
    expect(await labels()).toEqual({
      [token('first')]: ['AWSCURRENT'],
      [token('second')]: ['COURIER_NEXT', 'AWSPREVIOUS'],
    });
  });

  it('AWSCURRENT cannot be taken off', async () => {
    await expect(move('AWSCURRENT', { from: 'first' })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('of our own is put on, moved and taken off, also for versions that had none', async () => {
    await move('COURIER_NEXT', { from: 'second' });
    expect(await labels()).toEqual({ [token('first')]: ['AWSCURRENT'] });
    await move('COURIER_REJECTED', { to: 'second' });
    await move('COURIER_REJECTED', { to: 'first', from: 'second' });
    expect(await labels()).toEqual({ [token('first')]: ['AWSCURRENT', 'COURIER_REJECTED'] });
  });

  it('is announced, except AWSPENDING and AWSPREVIOUS', async () => {
    await move('AWSCURRENT', { to: 'second', from: 'first' });
    await move('AWSPENDING', { to: 'first' });
    await move('COURIER_DELIVERED', { to: 'second' });
    expect(moved()).toEqual(['AWSCURRENT second', 'COURIER_DELIVERED second']);
    const { ARN } = await describeSecret();
    expect(lab.events[0]).toEqual({
      source: 'aws.secretsmanager',
      detailType: 'Secret Label Updated',
      resources: [ARN],
      detail: { name, labelUpdated: 'AWSCURRENT', versionId: token('second') },
    });
  });

  it('is one of at most twenty on all versions of a secret', async () => {
    for (let index = 0; index < 18; index++) await move(`LABEL_${index}`, { to: index % 2 ? 'second' : 'first' });
    const refused = { name: 'LimitExceededException' };
    await expect(move('LABEL_18', { to: 'first' })).rejects.toMatchObject(refused);
    await expect(put('third', 'three', ['LABEL_18'])).rejects.toMatchObject(refused);
    // It would leave AWSPREVIOUS behind.
    await expect(move('AWSCURRENT', { to: 'second', from: 'first' })).rejects.toMatchObject(refused);
    await move('LABEL_0', { to: 'second', from: 'first' });
    await put('third', 'three', ['LABEL_0']);
    await move('LABEL_1', { from: 'second' });
    await move('LABEL_18', { to: 'first' });
  });

  it('decides what DescribeSecret shows; ListSecretVersionIds can show the rest', async () => {
    await move('COURIER_NEXT', { from: 'second' });
    const list = async (IncludeDeprecated: boolean) =>
      (await lab.secretsClient.send(new ListSecretVersionIdsCommand({ SecretId: name, IncludeDeprecated }))).Versions;
    expect(await list(false)).toHaveLength(1);
    expect(await list(true)).toHaveLength(2);
  });
});

describe('a secret', () => {
  const remove = (options: { RecoveryWindowInDays?: number; ForceDeleteWithoutRecovery?: boolean } = {}) =>
    lab.secretsClient.send(new DeleteSecretCommand({ SecretId: name, ...options }));

  it('pending deletion answers nothing but its description, until it is restored', async () => {
    await create('one');
    await remove({ RecoveryWindowInDays: 7 });
    const refusal = {
      name: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    };
    await expect(read()).rejects.toMatchObject(refusal);
    await expect(put('second', 'two')).rejects.toMatchObject(refusal);
    await expect(create('one')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    expect((await describeSecret()).DeletedDate).toBeInstanceOf(Date);
    await lab.secretsClient.send(new RestoreSecretCommand({ SecretId: name }));
    expect((await read()).SecretString).toBe('one');
    await lab.clock.advance(8 * day);
    expect((await describeSecret()).DeletedDate).toBeUndefined();
  });

  it('is gone when its recovery window has passed, or at once when forced', async () => {
    const gone = { name: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." };
    await create('one');
    await remove({ RecoveryWindowInDays: 7 });
    await lab.clock.advance(7 * day);
    await expect(describeSecret()).rejects.toMatchObject(gone);
    await create('one');
    await remove({ ForceDeleteWithoutRecovery: true });
    await expect(describeSecret()).rejects.toMatchObject(gone);
  });

  it('is refused whole: what cannot be stored leaves no empty secret', async () => {
    await expect(create('a'.repeat(65_537))).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(describeSecret()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('is text: a binary one is refused', async () => {
    const command = new CreateSecretCommand({ Name: name, SecretBinary: new Uint8Array([0, 255, 1]) });
    await expect(lab.secretsClient.send(command)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('is created once: again only with the same token and value', async () => {
    await create('one');
    expect((await create('one')).VersionId).toBe(token('first'));
    await expect(create('two')).rejects.toMatchObject({
      name: 'ResourceExistsException',
      message: `The operation failed because the secret ${name} already exists.`,
    });
  });

  it('carries tags, and remembers when it was changed', async () => {
    const { ARN } = await create('one');
    const before = (await describeSecret()).LastChangedDate?.getTime() ?? 0;
    await lab.clock.advance(day);
    await lab.secretsClient.send(
      new TagResourceCommand({
        SecretId: name,
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      }),
    );
    await lab.secretsClient.send(new UntagResourceCommand({ SecretId: ARN, TagKeys: ['a'] }));
    const seen = await describeSecret();
    expect(seen.Tags).toEqual([{ Key: 'b', Value: '2' }]);
    expect(seen.LastChangedDate?.getTime()).toBeGreaterThanOrEqual(before + day);
    expect(seen.OwningService).toBeUndefined();
  });
});

describe('a random password', () => {
  const password = async (input: GetRandomPasswordCommandInput) =>
    (await lab.secretsClient.send(new GetRandomPasswordCommand(input))).RandomPassword ?? '';

  it('has the length that was asked for, and punctuation only where it is not excluded', async () => {
    expect(await password({ PasswordLength: 64, ExcludePunctuation: true })).toMatch(/^[A-Za-z0-9]{64}$/);
    const long = await password({ PasswordLength: 4096, ExcludeCharacters: '#$%' });
    expect(long).toMatch(/^(?=.*[^A-Za-z0-9])[!-~]{4096}$/);
    expect(long).not.toMatch(/[#$%]/);
  });

  it('has a character of each kind, and is refused where it has no room for them', async () => {
    const short = await Promise.all(Array.from({ length: 20 }, () => password({ PasswordLength: 4 })));
    for (const one of short) expect(one).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[^A-Za-z0-9]).{4}$/);
    await expect(password({ PasswordLength: 3 })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('the list of secrets', () => {
  const list = (more: ConstructorParameters<typeof ListSecretsCommand>[0] = {}) =>
    lab.secretsClient.send(new ListSecretsCommand({ Filters: [{ Key: 'name', Values: [name] }], ...more }));

  it('has those whose names begin as asked, with tags and labelled versions', async () => {
    await create('one');
    await lab.secretsClient.send(new TagResourceCommand({ SecretId: name, Tags: [{ Key: 'team', Value: 'a' }] }));
    await put('second', 'two', ['COURIER_NEXT']);
    const { SecretList } = await list();
    expect(SecretList).toMatchObject([
      {
        Name: name,
        Tags: [{ Key: 'team', Value: 'a' }],
        SecretVersionsToStages: { [token('first')]: ['AWSCURRENT'], [token('second')]: ['COURIER_NEXT'] },
      },
    ]);
    expect(SecretList?.[0]).not.toHaveProperty('VersionIdsToStages');
    expect((await list({ Filters: [{ Key: 'name', Values: [name.slice(1)] }] })).SecretList).toEqual([]);
  });

  it('has what is pending deletion only where that is asked for', async () => {
    await create('one');
    await lab.secretsClient.send(new DeleteSecretCommand({ SecretId: name }));
    expect((await list()).SecretList).toEqual([]);
    expect((await list({ IncludePlannedDeletion: true })).SecretList).toMatchObject([{ Name: name }]);
  });

  it('comes in pages', async () => {
    const names: (string | undefined)[] = [];
    let NextToken: string | undefined;
    name = 'listed/a';
    await create('one');
    name = 'listed/b';
    await create('two');
    name = 'listed/';
    do {
      const page = await list({ MaxResults: 1, ...(NextToken && { NextToken }) });
      names.push(...(page.SecretList ?? []).map(({ Name }) => Name));
      NextToken = page.NextToken;
    } while (NextToken && names.length < 9);
    expect(names).toEqual(['listed/a', 'listed/b']);
  });

  it('is searched by name only', async () => {
    await expect(list({ Filters: [{ Key: 'tag-key', Values: ['team'] }] })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'The lab lists secrets by name, not by tag-key.',
    });
  });
});
