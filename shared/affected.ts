import { affectedBy } from './domain/affected-by.ts';
import type { Observation } from './domain/observation.ts';
import type { About } from './tell.ts';

/** Who uses a certificate; and, where that is an earlier one than ACM's, how long what they read is good. */
export const affected = (observation: Observation): Pick<About, 'serving' | 'affects'> => ({
  serving: observation.deliveries.flatMap(({ secret, current }) =>
    current.is === 'seen' && current.fact.holds === 'earlier' && current.fact.notAfter !== undefined
      ? [{ what: `The certificate that is current in secret "${secret}"`, notAfter: current.fact.notAfter }]
      : [],
  ),
  affects: affectedBy(observation),
});
