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

/** A secret that a task definition reads. One that names a version's id never sees another. */
export type Reading = { readonly secret: string; readonly pinned: boolean };

/** Which of the secrets, by their names, its containers read, their log drivers and their registries' logins too. */
export function readingsOf(
  { valuesFrom, logins = [] }: TaskDefinition,
  secrets: ReadonlySet<string>,
): readonly Reading[] {
  const references = [...valuesFrom.flatMap((from) => readReference(from) ?? []), ...logins.map(readLogin)];
  const found = references.flatMap(({ name, version }) => {
    // What is itself a name goes first: that of a secret may end as if it had ECS's six characters.
    const secret = [name, name.slice(0, -7)].find((one) => secrets.has(one) && isNameOf(one, name));
    return secret === undefined ? [] : [{ secret, pinned: version !== '' }];
  });
  return [...Map.groupBy(found, ({ secret }) => secret)].map(([secret, all]) => ({
    secret,
    pinned: all.some(({ pinned }) => pinned),
  }));
}

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
