/** Of a task definition, what a rollout goes by. */
export type TaskDefinition = {
  readonly images: readonly string[];
  /** Where its containers' secrets come from, as ECS takes it: `arn:…:secret:NAME-AbCdEf:key:stage:version`. */
  readonly valuesFrom: readonly string[];
  /** Secrets with logins of registries, by ARN or name. */
  readonly logins?: readonly string[];
};

/** Images that a restart resolves anew: a tag may point to something else by now, a digest never does. */
export const mutableImages = ({ images }: TaskDefinition): readonly string[] =>
  images.filter((image) => !image.includes('@sha256:'));

/** Whether a container reads this stage of the secret. */
export const readsStage = ({ valuesFrom }: TaskDefinition, { secret, stage }: { secret: string; stage: string }) =>
  valuesFrom.map(readReference).some((one) => one?.stage === stage && isNameOf(secret, one.name));

/**
 * A secret that a task definition reads. Where it names a version's id (`pinned`) it never sees another. It `follows` where
 * a restart brings what a delivery moved: pinned in part, it would serve halves of two certificates.
 */
export type Reading = { readonly secret: string; readonly pinned: boolean; readonly follows: boolean };

/** The stages that a delivery moves; without one ECS takes AWSCURRENT. */
const moving = new Set(['', 'AWSCURRENT', 'AWSPREVIOUS', 'COURIER_NEXT']);

/** Which of the secrets, by their names, its containers read, their log drivers and their registries' logins too. */
export function readingsOf(definition: TaskDefinition, secrets: ReadonlySet<string>): readonly Reading[] {
  const found = referencesOf(definition).flatMap((reference) => {
    const secret = namesIn(reference).find((one) => secrets.has(one));
    return secret === undefined ? [] : [{ ...reference, secret }];
  });
  return [...Map.groupBy(found, ({ secret }) => secret)].map(([secret, all]) => {
    const pinned = all.some(({ version }) => version !== '');
    return { secret, pinned, follows: !pinned && all.some(({ stage }) => moving.has(stage)) };
  });
}

/** Whether a restart brings its tasks another version of the secret. */
export const follows = (definition: TaskDefinition, secret: string): boolean =>
  readingsOf(definition, new Set([secret])).some((one) => one.follows);

/**
 * The secrets that it follows, where nobody knows which there are: of a name that may be an ARN's with its six characters,
 * both that name and what is left without them.
 */
export function followedSecrets(definition: TaskDefinition, prefix: string): readonly string[] {
  const names = new Set(referencesOf(definition).flatMap(namesIn));
  return [...names].filter((name) => name.startsWith(prefix) && follows(definition, name));
}

const referencesOf = ({ valuesFrom, logins = [] }: TaskDefinition): readonly Reference[] => [
  ...valuesFrom.flatMap((from) => readReference(from) ?? []),
  ...logins.map(readLogin),
];

/** What is itself a name goes first: that of a secret may end as if it had ECS's six characters. */
const namesIn = ({ name }: Reference): readonly string[] =>
  [name, name.slice(0, -7)].filter((one) => isNameOf(one, name));

type Reference = { readonly name: string; readonly stage: string; readonly version: string };

/** Source: ECS Developer Guide, "Pass Secrets Manager secrets through environment variables". */
function readReference(valueFrom: string): Reference | undefined {
  const [, , service, , , kind, name, , stage = '', version = ''] = valueFrom.split(':');
  return service === 'secretsmanager' && kind === 'secret' && name ? { name, stage, version } : undefined;
}

/** Source: API Reference, RepositoryCredentials: an ARN, or the name of a secret of the same region. */
const readLogin = (login: string): Reference => readReference(login) ?? { name: login, stage: '', version: '' };

/** A secret's ARN ends in its name, a hyphen and six characters; ECS takes it without them, too. */
const isNameOf = (secret: string, name: string) =>
  name === secret || (name.startsWith(`${secret}-`) && /^[A-Za-z0-9]{6}$/.test(name.slice(secret.length + 1)));
