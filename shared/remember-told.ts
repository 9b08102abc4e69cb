import type { Secrets } from './aws/secrets.ts';
import { roomToTell } from './domain/label-room.ts';
import { memoryOf } from './domain/memory.ts';
import type { Finding, ReasonCode } from './domain/reasons.ts';
import { holderOf } from './domain/secret.ts';
import { namedSecrets } from './domain/wish.ts';
import { setLabel } from './labels.ts';
import { quietly } from './quietly.ts';
import type { About, Telling } from './tell.ts';
import type { World } from './world.ts';

/** What a sweep finds as well, and would say an hour later. */
const alsoSwept: readonly ReasonCode[] = [
  'AcmeCertificate',
  'BadServiceTag',
  'BadTag',
  'ExportNotEnabled',
  'ImportedCertificate',
  'NotRestartable',
  'SecretOfAnotherCertificate',
  'SecretOutsidePrefix',
  'VersionPutByHand',
];

/**
 * A world that labels what people were told of, as a sweep does, so that it is said once, whoever finds it first (decision
 * 0016). What cannot be labelled is told twice, not never.
 */
export function remembering(world: World): World & Telling {
  const { secrets, settings, log } = world;
  const remember = async (findings: readonly Finding[], about: About) => {
    const told = findings.filter(({ reason }) => alsoSwept.includes(reason));
    if (told.length === 0 || settings.mode === 'observe') return;
    await quietly('Cannot remember what people were told', {
      act: async () => {
        for (const one of told) await label(one, about, secrets);
      },
      log,
    });
  };
  return { ...world, remember };
}

async function label(found: Finding, { certificate }: About, secrets: Secrets): Promise<void> {
  const names = 'secret' in found.facts ? [found.facts.secret] : namedSecrets(certificate.tags);
  for (const secret of names) {
    const seen = await secrets.find(secret);
    const memory = seen.state === 'present' ? memoryOf(found, { secret, seen }) : undefined;
    if (!memory || seen.state !== 'present') continue;
    const { versions } = seen;
    if (holderOf(versions, memory.label) === undefined && roomToTell(versions) === 0) return;
    await setLabel(memory.label, memory.versionId, { secret, versions, world: { secrets } });
    return;
  }
}
