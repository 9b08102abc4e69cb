import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Count, Gauge } from './world.ts';

/** The namespace acm-courier. No metric has a certificate's dimension: each would be charged. */
const metrics = new Metrics();

/** Counts one; written to the log at once, so that nothing is lost with an invocation that ends badly. */
export const count: Count = (what) => metrics.singleMetric().addMetric(what, MetricUnit.Count, 1);

/** How many there are now; a graph's maximum over an hour is the figure of its sweep. */
export const gauge: Gauge = (what, value) =>
  metrics.singleMetric().addMetric(what, what.endsWith('Seconds') ? MetricUnit.Seconds : MetricUnit.Count, value);
