import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countCalls } from '../bench/count-calls.ts';

/** Each call costs a round trip and a share of a quota, each link of the chain its time: raise these knowingly. */
test.each([
  { name: 'certificate-available', when: 'ACM renewed a certificate', calls: 2, chain: 2 },
  { name: 'secret-changed', when: 'the current version moved', calls: 2, chain: 2 },
  { name: 'deliver', when: 'the certificate is delivered already', calls: 3, chain: 2 },
  { name: 're-export', when: 'a plan is asked for', calls: 8, chain: 7 },
])('$name makes at most $calls AWS calls, $chain one after the other, where $when', async ({ name, calls, chain }) => {
  const counted = await countCalls(name, join(import.meta.dirname, '../../dist/functions'));
  expect(counted.calls).toBeLessThanOrEqual(calls);
  expect(counted.chain).toBeLessThanOrEqual(chain);
  expect(counted.chain).toBeGreaterThan(0);
});
