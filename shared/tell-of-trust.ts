import { Trouble } from './aws/trouble.ts';
import { ofSecret } from './domain/ownership.ts';
import { finding, sentenceOf } from './domain/reasons.ts';
import { holderOf } from './domain/secret.ts';
import type { Wanted } from './plan.ts';
import { facts, tell } from './tell.ts';
import type { World } from './world.ts';

/**
 * Says that a private certificate has another trust anchor than the one before, and names every secret whose trust bundle
 * still has that one (they carry the same label) with the services that read it. What cannot be seen is said; a mail
 * that cannot be sent is logged: neither holds up a delivery.
 */
export async function tellOfTrust(label: string, wanted: Wanted, world: World): Promise<void> {
  const believers = await believersIn(label, world);
  const others = believers.secrets.filter((name) => name !== wanted.delivery.secret);
  const { caArn = '' } = wanted.certificate;
  const found = finding('IssuerChanged', { ...ofSecret(wanted), caArn, others });
  try {
    await tell([found], { ...wanted, affects: believers.sentences, unseen: believers.unseen }, world);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('error', 'Cannot send a warning', facts(error.finding, world));
  }
}

type Believers = {
  readonly secrets: readonly string[];
  readonly sentences: readonly string[];
  readonly unseen: readonly string[];
};

async function believersIn(label: string, world: World): Promise<Believers> {
  try {
    const listed = await world.secrets.list(world.settings.secretPrefix);
    const secrets = [...listed].flatMap(([name, secret]) =>
      secret.state === 'present' && holderOf(secret.versions, label) !== undefined ? [name] : [],
    );
    // By their tags, which cost a page of them, not a call for each service: this stands before a delivery.
    const services = await world.tagged.services();
    const sentences = secrets.flatMap((secret) =>
      services.filter((service) => service.secrets.includes(secret)).map(({ arn }) => believes(arn, secret)),
    );
    return { secrets, sentences: shortened(sentences), unseen: [] };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { secrets: [], sentences: [], unseen: [`Who trusts the issuer from before: ${sentenceOf(error.finding)}`] };
  }
}

/** `…:service/CLUSTER/NAME`. */
function believes(serviceArn: string, secret: string): string {
  const [, cluster = '', service = ''] = serviceArn.split('/');
  return `ECS service "${service}" in cluster "${cluster}" trusts the issuer from before, by secret "${secret}"`;
}

const mostNamed = 20;

const shortened = (sentences: readonly string[]): readonly string[] =>
  sentences.length <= mostNamed
    ? sentences
    : [
        ...sentences.slice(0, mostNamed),
        `And ${sentences.length - mostNamed} more: the services whose tag courier:secret names one of these secrets`,
      ];
