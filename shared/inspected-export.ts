import { Trouble } from './aws/trouble.ts';
import type { Members } from './domain/form.ts';
import { inspect } from './domain/inspection.ts';
import { ofSecret } from './domain/ownership.ts';
import { type Finding, finding, type OfSecret } from './domain/reasons.ts';
import { examine, type Material, readMaterial } from './material/material.ts';
import { readCertificates, writeCertificates } from './material/pem.ts';
import { writeSecretString } from './material/secret-string.ts';
import { tooLarge } from './material/too-large.ts';
import { trustMark } from './material/trust-mark.ts';
import { beforeActing } from './may-act.ts';
import type { Wanted } from './plan.ts';
import type { World } from './world.ts';

/** What is to be stored. `held`: only a person may make it current, and why. */
export type InspectedExport = {
  readonly value: string;
  readonly warnings: readonly Finding[];
  /** Whom the trust bundle of a private certificate trusts (trustMark). */
  readonly trust?: string;
  readonly held?: Finding;
};

type Context = {
  readonly previousNotAfter: number | undefined;
  /** What the secret holds for others. */
  readonly kept: Members;
  readonly world: World;
};

/**
 * Exports the certificate and inspects what came. Throws Trouble where nothing may be stored: now (the old certificate
 * right after a renewal) or at all (a wrong key).
 */
export async function inspectedExport(
  wanted: Wanted,
  { previousNotAfter, kept, world }: Context,
): Promise<InspectedExport> {
  const { certificate } = wanted;
  const of = ofSecret(wanted);
  const [passphrase] = await Promise.all([world.secrets.passphrase(), beforeActing(world)]);
  const [exported, authority] = await Promise.all([
    world.certificates.export(certificate.arn, passphrase),
    certificate.caArn === undefined ? undefined : readAuthority(certificate.caArn, { of, world }),
  ]);
  const material = readMaterial(exported);
  if ('unreadable' in material) throw new Trouble(finding('MaterialUnreadable', { ...of, part: material.unreadable }));

  const examined = await examine(material, { anchors: authority === undefined ? 'public' : [authority] });
  const inspection = inspect(examined, { certificate, secret: of.secret, now: world.now(), previousNotAfter });
  if (inspection.verdict === 'retry' || inspection.verdict === 'refuse') throw new Trouble(inspection.finding);

  const value = await writeSecretString(material, wanted.delivery, {
    trustBundle: authority ?? trustOf(material),
    kept,
  });
  const bytes = tooLarge(value);
  if (bytes !== undefined) throw new Trouble(finding('SecretTooLarge', { ...of, bytes }));
  const stored = { value, ...(authority !== undefined && { trust: trustMark(readCertificates(authority) ?? []) }) };
  return inspection.verdict === 'pass'
    ? { ...stored, warnings: inspection.warnings }
    : { ...stored, warnings: [], held: inspection.finding };
}

/** The chain of a public certificate ends in what its clients trust. */
const trustOf = (material: Material) => writeCertificates(material.chain.certificates);

/** What clients of a private certificate trust, PEM. Not being able to read it is a matter of the authority, and told so. */
async function readAuthority(caArn: string, { of, world }: { of: OfSecret; world: World }): Promise<string> {
  const unreadable = (detail: string, options?: ErrorOptions) =>
    new Trouble(finding('AuthorityUnreadable', { ...of, detail }), options);
  try {
    const chain = await world.authorityChain(caArn);
    if (readCertificates(chain)) return chain;
    throw unreadable(`"${caArn}" answers no readable certificate`);
  } catch (error) {
    if (!(error instanceof Trouble) || error.finding.reason !== 'AccessDenied') throw error;
    throw unreadable(error.finding.facts.detail, { cause: error });
  }
}
