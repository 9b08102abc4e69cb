import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  RestoreSecretCommand,
  UpdateSecretVersionStageCommand,
  type UpdateSecretVersionStageCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { type Behaviour, type Counterpart, inTurn, refusalOf } from './behaviour.ts';

/** Version ids as clients choose them: one letter, 32 times. */
const token = (letter: string) => letter.repeat(32);
const [a, b, c] = ['a', 'b', 'c'].map(token) as [string, string, string];

let count = 0;

/** A secret of the behaviour's own, with versions a, b, … that became current one after the other. */
async function prepare({ secrets }: Counterpart, values: Readonly<Record<string, string>> = { [a]: 'first' }) {
  const SecretId = `conformance/${++count}`;
  const [first, ...others] = Object.entries(values);
  const value = first && { ClientRequestToken: first[0], SecretString: first[1] };
  const created = await secrets.send(new CreateSecretCommand({ Name: SecretId, ...value }));
  // A counterpart may give the first version an id of its own; that is one behaviour, not all of them.
  if (first && created.VersionId !== first[0]) await put(...first);
  for (const other of others) await put(...other);

  async function put(id: string, SecretString: string, more: Partial<PutSecretValueCommandInput> = {}) {
    return secrets.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken: id, ...more }));
  }
  /** Each version's labels; versions that the behaviour did not name are left out. */
  async function labels(): Promise<Record<string, string[]>> {
    const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId }));
    return plain(Object.entries(VersionIdsToStages));
  }
  async function versions(IncludeDeprecated?: boolean): Promise<Record<string, string[]>> {
    const wish = { SecretId, ...(IncludeDeprecated !== undefined && { IncludeDeprecated }) };
    const { Versions = [] } = await secrets.send(new ListSecretVersionIdsCommand(wish));
    return plain(Versions.map(({ VersionId = '', VersionStages = [] }) => [VersionId, VersionStages]));
  }
  const move = (VersionStage: string, more: Partial<UpdateSecretVersionStageCommandInput>) =>
    secrets.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, ...more }));
  const get = async (more: Partial<GetSecretValueCommandInput> = {}) =>
    (await secrets.send(new GetSecretValueCommand({ SecretId, ...more }))).SecretString;
  const remove = (more: object = {}) => secrets.send(new DeleteSecretCommand({ SecretId, ...more }));
  return { SecretId, arn: created.ARN ?? '', put, labels, versions, move, get, remove };
}

const plain = (versions: readonly [string, readonly string[]][]) =>
  Object.fromEntries(
    versions.filter(([id]) => /^(.)\1{31}$/.test(id)).map(([id, labels]) => [id[0], labels.toSorted()]),
  );

const daysBetween = (from: Date | undefined, to: Date | undefined) =>
  from && to && Math.round((to.getTime() - from.getTime()) / 86_400_000);

const create = ({ secrets }: Counterpart, input: CreateSecretCommandInput) =>
  secrets.send(new CreateSecretCommand(input));

const password = async ({ secrets }: Counterpart, input: GetRandomPasswordCommandInput): Promise<string> =>
  (await secrets.send(new GetRandomPasswordCommand(input))).RandomPassword ?? '';

export const secretsManager: readonly Behaviour[] = [
  {
    name: 'the token of CreateSecret is the id of the first version',
    expected: true,
    async observe(at) {
      const Name = `conformance/${++count}`;
      return (await create(at, { Name, SecretString: 'first', ClientRequestToken: a })).VersionId === a;
    },
  },
  {
    name: 'the token of PutSecretValue is the id of the version',
    expected: { answered: true, stored: 'second' },
    async observe(at) {
      const { put, get } = await prepare(at);
      return { answered: (await put(b, 'second')).VersionId === b, stored: await get({ VersionId: b }) };
    },
  },
  {
    name: 'the same token with the same value makes no second version',
    expected: { answered: true, versions: { a: ['AWSPREVIOUS'], b: ['AWSCURRENT'] } },
    async observe(at) {
      const { put, versions } = await prepare(at, { [a]: 'first', [b]: 'second' });
      return { answered: (await put(b, 'second')).VersionId === b, versions: await versions(true) };
    },
  },
  {
    name: 'the same token with another value is refused, and the version stays what it was',
    expected: { answered: 'ResourceExistsException', value: 'second' },
    async observe(at) {
      const { put, get } = await prepare(at, { [a]: 'first', [b]: 'second' });
      return { answered: await refusalOf(put(b, 'other')), value: await get({ VersionId: b }) };
    },
  },
  {
    name: 'creating again with the same token and value answers as the first time',
    expected: 'accepted',
    async observe(at) {
      const input = { Name: `conformance/${++count}`, SecretString: 'first', ClientRequestToken: a };
      await create(at, input);
      return refusalOf(create(at, input));
    },
  },
  {
    name: 'creating a name that exists is refused',
    expected: 'ResourceExistsException',
    async observe(at) {
      const { SecretId } = await prepare(at);
      return refusalOf(create(at, { Name: SecretId, SecretString: 'other', ClientRequestToken: b }));
    },
  },
  {
    name: 'a secret can be created without a value, and has none',
    expected: { made: false, read: 'ResourceNotFoundException' },
    async observe(at) {
      const Name = `conformance/${++count}`;
      const { VersionId } = await create(at, { Name });
      return {
        made: VersionId !== undefined,
        read: await refusalOf(at.secrets.send(new GetSecretValueCommand({ SecretId: Name }))),
      };
    },
  },
  {
    name: 'the first version becomes current, whatever stages were asked for',
    expected: { a: ['AWSCURRENT', 'COURIER_NEXT'] },
    async observe(at) {
      const { put, labels } = await prepare(at, {});
      await put(a, 'first', { VersionStages: ['COURIER_NEXT'] });
      return labels();
    },
  },
  {
    name: 'a put without stages moves AWSCURRENT, and AWSPREVIOUS follows',
    expected: { b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] },
    async observe(at) {
      const { labels } = await prepare(at, { [a]: 'first', [b]: 'second', [c]: 'third' });
      return labels();
    },
  },
  {
    name: 'a put with stages leaves AWSCURRENT where it is',
    expected: { answered: ['COURIER_NEXT'], labels: { a: ['AWSCURRENT'], b: ['COURIER_NEXT'] } },
    async observe(at) {
      const { put, labels } = await prepare(at);
      const { VersionStages } = await put(b, 'second', { VersionStages: ['COURIER_NEXT'] });
      return { answered: VersionStages, labels: await labels() };
    },
  },
  {
    name: 'a label sits on one version at a time',
    expected: { a: ['AWSCURRENT'], c: ['COURIER_NEXT'] },
    async observe(at) {
      const { put, labels } = await prepare(at);
      for (const id of [b, c]) await put(id, id, { VersionStages: ['COURIER_NEXT'] });
      return labels();
    },
  },
  {
    name: 'a version without a label is kept, and shown with IncludeDeprecated only',
    expected: {
      described: { b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] },
      listed: { b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] },
      deprecated: { a: [], b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] },
    },
    async observe(at) {
      const { labels, versions } = await prepare(at, { [a]: 'first', [b]: 'second', [c]: 'third' });
      return { described: await labels(), listed: await versions(), deprecated: await versions(true) };
    },
  },
  {
    name: 'AWSCURRENT moves for who names its present holder, and AWSPREVIOUS follows',
    expected: { a: ['AWSPREVIOUS'], b: ['AWSCURRENT', 'COURIER_NEXT'] },
    async observe(at) {
      const { put, move, labels } = await prepare(at);
      await put(b, 'second', { VersionStages: ['COURIER_NEXT'] });
      await move('AWSCURRENT', { MoveToVersionId: b, RemoveFromVersionId: a });
      return labels();
    },
  },
  {
    name: 'AWSCURRENT does not move for who names no holder',
    expected: { answered: 'InvalidParameterException', labels: { a: ['AWSCURRENT'], b: ['COURIER_NEXT'] } },
    async observe(at) {
      const { put, move, labels } = await prepare(at);
      await put(b, 'second', { VersionStages: ['COURIER_NEXT'] });
      const answered = await refusalOf(move('AWSCURRENT', { MoveToVersionId: b }));
      return { answered, labels: await labels() };
    },
  },
  {
    name: 'AWSCURRENT does not move for who names a holder of before',
    expected: {
      answered: 'InvalidParameterException',
      labels: { a: ['AWSPREVIOUS'], b: ['AWSCURRENT'], c: ['COURIER_NEXT'] },
    },
    async observe(at) {
      const { put, move, labels } = await prepare(at, { [a]: 'first', [b]: 'second' });
      await put(c, 'third', { VersionStages: ['COURIER_NEXT'] });
      const late = move('AWSCURRENT', { MoveToVersionId: c, RemoveFromVersionId: a });
      return { answered: await refusalOf(late), labels: await labels() };
    },
  },
  {
    name: 'AWSCURRENT moved back makes the version that it left AWSPREVIOUS',
    expected: { a: ['AWSCURRENT'], b: ['AWSPREVIOUS'] },
    async observe(at) {
      const { move, labels } = await prepare(at, { [a]: 'first', [b]: 'second' });
      await move('AWSCURRENT', { MoveToVersionId: a, RemoveFromVersionId: b });
      return labels();
    },
  },
  {
    name: 'AWSCURRENT cannot be taken off',
    expected: { answered: 'InvalidParameterException', labels: { a: ['AWSCURRENT'] } },
    async observe(at) {
      const { move, labels } = await prepare(at);
      const answered = await refusalOf(move('AWSCURRENT', { RemoveFromVersionId: a }));
      return { answered, labels: await labels() };
    },
  },
  {
    name: 'a label of our own goes on and comes off',
    expected: [{ a: ['AWSCURRENT', 'COURIER_DELIVERED'] }, { a: ['AWSCURRENT'] }],
    async observe(at) {
      const { move, labels } = await prepare(at);
      await move('COURIER_DELIVERED', { MoveToVersionId: a });
      const on = await labels();
      await move('COURIER_DELIVERED', { RemoveFromVersionId: a });
      return [on, await labels()];
    },
  },
  {
    name: 'a secret takes twenty labels on all of its versions, and not one more',
    expected: ['accepted', 'LimitExceededException'],
    async observe(at) {
      const { move } = await prepare(at, { [a]: 'first', [b]: 'second' });
      for (let index = 1; index < 18; index++) await move(`LABEL_${index}`, { MoveToVersionId: index % 2 ? a : b });
      return inTurn([a, b], (id) => refusalOf(move(`LABEL_ON_${id[0]}`, { MoveToVersionId: id })));
    },
  },
  {
    name: 'moving a label to a version that does not exist is refused',
    expected: 'ResourceNotFoundException',
    async observe(at) {
      const { move } = await prepare(at);
      return refusalOf(move('COURIER_NEXT', { MoveToVersionId: b }));
    },
  },
  {
    name: 'a value is read by label, by id, and by both where they belong together',
    expected: { current: 'second', label: 'first', id: 'first', both: 'first', mismatch: 'InvalidRequestException' },
    async observe(at) {
      const { get } = await prepare(at, { [a]: 'first', [b]: 'second' });
      return {
        current: await get(),
        label: await get({ VersionStage: 'AWSPREVIOUS' }),
        id: await get({ VersionId: a }),
        both: await get({ VersionId: a, VersionStage: 'AWSPREVIOUS' }),
        mismatch: await refusalOf(get({ VersionId: a, VersionStage: 'AWSCURRENT' })),
      };
    },
  },
  {
    name: 'a secret is found by its name, its ARN, and its ARN without the random characters',
    expected: ['first', 'first', 'first'],
    async observe(at) {
      const { SecretId, arn, get } = await prepare(at);
      return Promise.all([SecretId, arn, arn.slice(0, -7)].map((id) => get({ SecretId: id })));
    },
  },
  {
    name: 'what does not exist is not found: secret, version, label',
    expected: ['ResourceNotFoundException', 'ResourceNotFoundException', 'ResourceNotFoundException'],
    async observe(at) {
      const { get } = await prepare(at);
      const wishes = [{ SecretId: 'conformance/none' }, { VersionId: b }, { VersionStage: 'COURIER_NEXT' }];
      return Promise.all(wishes.map((wish) => refusalOf(get(wish))));
    },
  },
  {
    name: 'a value may have 65,536 bytes and not one more',
    expected: ['accepted', 'ValidationException'],
    async observe(at) {
      const { put } = await prepare(at);
      return [await refusalOf(put(b, 'x'.repeat(65_536))), await refusalOf(put(c, 'x'.repeat(65_537)))];
    },
  },
  {
    name: 'a secret that is scheduled for deletion can be described, not read or written, and its name is taken',
    expected: {
      days: [7, 7],
      described: { a: ['AWSCURRENT'] },
      read: 'InvalidRequestException',
      written: 'InvalidRequestException',
      created: 'InvalidRequestException',
    },
    async observe(at) {
      const { SecretId, get, put, labels, remove } = await prepare(at);
      const { DeletionDate } = await remove({ RecoveryWindowInDays: 7 });
      const { CreatedDate, DeletedDate } = await at.secrets.send(new DescribeSecretCommand({ SecretId }));
      return {
        days: [DeletionDate, DeletedDate].map((due) => daysBetween(CreatedDate, due)),
        described: await labels(),
        read: await refusalOf(get()),
        written: await refusalOf(put(b, 'second')),
        created: await refusalOf(create(at, { Name: SecretId, SecretString: 'other' })),
      };
    },
  },
  {
    name: 'a secret restored from deletion is what it was',
    expected: { deletion: undefined, value: 'first', labels: { a: ['AWSCURRENT'] } },
    async observe(at) {
      const { SecretId, get, labels, remove } = await prepare(at);
      await remove();
      await at.secrets.send(new RestoreSecretCommand({ SecretId }));
      const { DeletedDate } = await at.secrets.send(new DescribeSecretCommand({ SecretId }));
      return { deletion: DeletedDate, value: await get(), labels: await labels() };
    },
  },
  {
    name: 'a secret deleted without recovery is gone, and its name is free',
    expected: ['ResourceNotFoundException', 'accepted'],
    async observe(at) {
      const { SecretId, get, remove } = await prepare(at);
      await remove({ ForceDeleteWithoutRecovery: true });
      return [await refusalOf(get()), await refusalOf(create(at, { Name: SecretId, SecretString: 'other' }))];
    },
  },
  {
    name: 'a random password has 32 characters, or as many as are wished',
    expected: [32, 64],
    async observe(at) {
      return [(await password(at, {})).length, (await password(at, { PasswordLength: 64 })).length];
    },
  },
  {
    name: 'a random password has no character that is excluded',
    expected: { excluded: false, punctuation: false },
    async observe(at) {
      const long = { PasswordLength: 4096 };
      return {
        excluded: /[#$%]/.test(await password(at, { ...long, ExcludeCharacters: '#$%' })),
        punctuation: /[^A-Za-z0-9]/.test(await password(at, { ...long, ExcludePunctuation: true })),
      };
    },
  },
  {
    name: 'a random password has at least one character of each kind',
    expected: true,
    async observe(at) {
      const passwords = await Promise.all(Array.from({ length: 20 }, () => password(at, { PasswordLength: 4 })));
      const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/];
      return passwords.every((one) => kinds.every((kind) => kind.test(one)));
    },
  },
];
