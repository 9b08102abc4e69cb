import { lazily } from './lazily.ts';

/** Of tasks that share their instance's network EC2 knows the address; they are probed, or nobody asks. */
export const { hostsOf } = lazily(async () => (await import('./aws/instances.ts')).instances());

/** The functions `probe`, as build/probes.cjs names them in PROBES; none where the stack has none. */
export function probing() {
  const places = process.env.PROBES;
  return places ? { prober: lazily(() => loadProber(places)) } : {};
}

async function loadProber(places: string) {
  const [{ prober, readStands }, { worker }] = await Promise.all([import('./prober.ts'), import('./aws/worker.ts')]);
  return prober(readStands(places, worker));
}
