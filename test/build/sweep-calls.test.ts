import { expect, test } from 'vitest';
import { runSweep } from '../bench/sweep.ts';

test('a sweep costs pages, not certificates: 500 of them, a hundred secrets or tags, ten services of a cluster with each call, and three calls for each that it shakes hands with', async () => {
  const { answer, calls } = await runSweep({ certificates: 1_200, secrets: 150, services: 100, clusters: 5 });
  expect(answer).toMatchObject({ certificates: 1_200, differences: 0, queued: 0, notices: 0 });
  const counts = Object.entries(Object.groupBy(calls, ({ operation }) => operation));
  expect(Object.fromEntries(counts.map(([operation, all = []]) => [operation, all.length]))).toEqual({
    SearchCertificates: 3,
    ListSecrets: 2,
    // 250 that are to be delivered or read, 1,300 that are owned.
    GetResources: 3 + 13,
    DescribeServices: 10,
    // Of ten services that it shakes hands with.
    ListTasks: 10,
    DescribeTasks: 10,
    Invoke: 10,
    ListCertificateAuthorities: 1,
  });
});
