import type { Certificates } from './aws/certificates.ts';
import type { Tagged } from './aws/tagged.ts';
import { Trouble } from './aws/trouble.ts';
import type { Certificate } from './domain/certificate.ts';
import { finding } from './domain/reasons.ts';
import type { Place } from './domain/shell.ts';
import { isSecretName } from './domain/wish.ts';
import type { Which } from './events/re-export-request.ts';
import type { Settings } from './world.ts';

export type Sources = {
  readonly place: Pick<Place, 'region' | 'account'>;
  readonly settings: Pick<Settings, 'secretPrefix'>;
  readonly certificates: Pick<Certificates, 'find' | 'named'>;
  readonly tagged: Pick<Tagged, 'certificates' | 'certificatesOf'>;
};

/** One that may be among thousands: its ARN, to be looked up when its turn comes. */
export type Chosen = Certificate | { readonly arn: string; readonly name?: undefined };

/** All of them by their ARNs, in an order that lets a next call go on behind the last one; others as `select` finds them. */
export async function choose(which: Which, sources: Sources): Promise<readonly Chosen[]> {
  if (which.by !== 'all') return select(which, sources);
  const arns = (await sources.tagged.certificates()).toSorted();
  return arns.filter((arn) => arn > (which.after ?? '')).map((arn) => ({ arn }));
}

/** The certificates that a person means; Trouble that says what would be right where there is none, or no one. */
export async function select(which: Exclude<Which, { by: 'all' }>, sources: Sources): Promise<readonly Certificate[]> {
  switch (which.by) {
    case 'certificateArn':
      return [await certificateByArn(which.value, sources)];
    case 'secret':
      return some(await existing(await sources.tagged.certificatesOf(which.value), sources), {
        asked: `secret "${which.value}"`,
        near: howToFill(which.value, sources.settings.secretPrefix),
      });
    case 'domainName':
      return byName(which.value, sources);
  }
}

/** A tag that a delivery then takes: what is outside the prefix, or no name, would be refused. */
function howToFill(secret: string, prefix: string): string {
  const isWritten = secret.startsWith(prefix) && isSecretName(secret);
  if (isWritten) return `Tag the certificate that is to be delivered there: courier:secret=${secret}`;
  const below = `${prefix}${secret.split('/').at(-1)}`;
  const tag = isSecretName(below) ? below : `${prefix}NAME`;
  return `Secrets that acm-courier fills are named below "${prefix}"; tag the certificate that is to be delivered, as in courier:secret=${tag}`;
}

/** The certificate of an ARN; Trouble where this account and region have none. */
export async function certificateByArn(
  arn: string,
  { certificates, place }: { certificates: Pick<Certificates, 'find'>; place: Sources['place'] },
): Promise<Certificate> {
  // IAM would deny to look up what is elsewhere, and the denial would hide what is wrong.
  const found = isHere(arn, place) ? await certificates.find(arn) : null;
  if (found) return found;
  const near = 'Look the ARN up with: aws acm list-certificates (and mind region and account)';
  throw new Trouble(finding('UnknownCertificate', { asked: `ARN "${arn}"`, near }));
}

const isHere = (arn: string, place: Sources['place']) => {
  const [, , , region, account] = arn.split(':');
  return region === place.region && account === place.account;
};

async function byName(asked: string, sources: Sources): Promise<readonly Certificate[]> {
  const domainName = asked.toLowerCase().replace(/\.$/, '');
  const found = await sources.certificates.named(domainName, 'exactly');
  if (found.length > 1) {
    const candidates = found.map(({ arn, name }) => `${arn} (${name})`).join(', ');
    throw new Trouble(finding('AmbiguousName', { domainName, candidates }));
  }
  const near = found.length === 0 ? await nearNames(domainName, sources) : '';
  const arns = found.map(({ arn }) => arn);
  return some(await existing(arns, sources), { asked: `domain name "${domainName}"`, near });
}

/** Certificates that share the longest label of a mistyped name: usually the part that was typed right. */
async function nearNames(domainName: string, { certificates }: Sources): Promise<string> {
  const [longest = domainName] = domainName.split('.').toSorted((a, b) => b.length - a.length);
  const near = await certificates.named(longest, 'near');
  const names = [...new Set(near.map(({ name }) => name))].slice(0, 5).join(', ');
  return names ? `Similar names are: ${names}` : 'Look the name up with: aws acm list-certificates';
}

async function existing(arns: readonly string[], { certificates }: Sources): Promise<readonly Certificate[]> {
  const found: Certificate[] = [];
  for (const arn of arns) {
    const certificate = await certificates.find(arn);
    if (certificate) found.push(certificate);
  }
  return found;
}

function some(found: readonly Certificate[], facts: { asked: string; near: string }): readonly Certificate[] {
  if (found.length === 0) throw new Trouble(finding('UnknownCertificate', facts));
  return found;
}
