import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import type { Count } from './world.ts';

/** What is counted, in the namespace acm-courier: without a certificate's dimension, which would be charged for each. */
const metrics = new Metrics();

export const count: Count = (what) => metrics.addMetric(what, MetricUnit.Count, 1);

/** Middleware that writes what was counted in an invocation to its log, where CloudWatch reads it. */
export const writingMetrics = () => logMetrics(metrics);
