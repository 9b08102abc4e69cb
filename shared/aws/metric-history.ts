import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { ask } from './trouble.ts';

export type MetricHistory = ReturnType<typeof metricHistory>;

/** Seconds: ACM writes the metric twice a day, so at least once in each. */
const period = 86_400;
const periods = 3;

/** What CloudWatch remembers of certificates: a memory that is not ours to keep. */
export function metricHistory(cloudwatch = new CloudWatchClient({})) {
  return {
    /**
     * How many days the certificate had left before it was renewed, in the three days before `now` (epoch seconds);
     * null where CloudWatch knows nothing. Days only ever rise by a renewal: the fewest are from before it. Where ACM
     * has written none since the renewal, they are the last ones; where it has written only since, they are many.
     */
    async daysBefore(certificateArn: string, now: number): Promise<number | null> {
      const { Datapoints = [] } = await ask('cloudwatch:GetMetricStatistics', () =>
        cloudwatch.send(
          new GetMetricStatisticsCommand({
            Namespace: 'AWS/CertificateManager',
            MetricName: 'DaysToExpiry',
            Dimensions: [{ Name: 'CertificateArn', Value: certificateArn }],
            StartTime: new Date((now - periods * period) * 1000),
            EndTime: new Date(now * 1000),
            Period: period,
            Statistics: ['Minimum'],
          }),
        ),
      );
      const days = Datapoints.flatMap(({ Minimum }) => Minimum ?? []);
      return days.length > 0 ? Math.min(...days) : null;
    },
  };
}
