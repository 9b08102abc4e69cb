import type { Count } from './world.ts';

/** What was counted in this invocation: Lambda runs one at a time. */
const counted: string[] = [];

/** Counts in the namespace acm-courier: without a certificate's dimension, which would be charged for each. */
export const count: Count = (what) => {
  counted.push(what);
};

/** Middleware that writes what was counted to the log, where CloudWatch reads it. */
export const writingMetrics = () => ({ after: write, onError: write });

/** Most looks count nothing: then Powertools is not even loaded, and does not warn that there is nothing to write. */
async function write(): Promise<void> {
  if (counted.length === 0) return;
  const { Metrics, MetricUnit } = await import('@aws-lambda-powertools/metrics');
  const metrics = new Metrics();
  for (const what of counted.splice(0)) metrics.addMetric(what, MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
}
