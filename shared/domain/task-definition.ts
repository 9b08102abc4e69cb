/** Of a task definition, what a rollout goes by. */
export type TaskDefinition = {
  readonly images: readonly string[];
  /** Where its containers' secrets come from, as ECS takes it: `arn:…:secret:NAME-AbCdEf:key:stage:version`. */
  readonly valuesFrom: readonly string[];
};

/** Images that a restart resolves anew: a tag may point to something else by now, a digest never does. */
export const mutableImages = ({ images }: TaskDefinition): readonly string[] =>
  images.filter((image) => !image.includes('@sha256:'));

/** Whether a container reads this stage of the secret. */
export const readsStage = ({ valuesFrom }: TaskDefinition, { secret, stage }: { secret: string; stage: string }) =>
  valuesFrom.map(readReference).some((one) => one?.stage === stage && isNameOf(secret, one.name));

type Reference = { readonly name: string; readonly stage: string };

/** Source: ECS Developer Guide, "Pass Secrets Manager secrets through environment variables". */
function readReference(valueFrom: string): Reference | undefined {
  const [, , service, , , kind, name, , stage = ''] = valueFrom.split(':');
  return service === 'secretsmanager' && kind === 'secret' && name ? { name, stage } : undefined;
}

/** A secret's ARN ends in its name, a hyphen and six characters; ECS takes it without them, too. */
const isNameOf = (secret: string, name: string) =>
  name === secret || (name.startsWith(`${secret}-`) && /^[A-Za-z0-9]{6}$/.test(name.slice(secret.length + 1)));
