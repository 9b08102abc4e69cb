import {
  CloudWatchClient,
  type Datapoint,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { prompt } from './client.ts';
import { ask } from './trouble.ts';

export type MetricHistory = ReturnType<typeof metricHistory>;

/** Seconds: ACM writes the metric twice a day, so at least once in each. */
const period = 86_400;
const periods = 3;

/** What CloudWatch remembers: a memory that is not ours to keep. `service` is the dimension of the stack's own metrics. */
export function metricHistory(service: string, cloudwatch = new CloudWatchClient(prompt)) {
  return {
    /** How often this stack warned of any renewal from `since` to `now`, epoch seconds. */
    async warnings({ since, now }: Span): Promise<number> {
      const days = await daily(
        {
          Namespace: 'acm-courier',
          MetricName: 'WarningsSent',
          Dimensions: [{ Name: 'service', Value: service }],
          Statistics: ['Sum'],
        },
        { since, now },
      );
      return days.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
    },

    /**
     * How many days the certificate had left before it was renewed, in the three days before `now` (epoch seconds);
     * null where CloudWatch knows nothing. Days only ever rise by a renewal: the fewest are from before it. Where ACM
     * has written none since the renewal, they are the last ones; where it has written only since, they are many.
     */
    async daysBefore(certificateArn: string, now: number): Promise<number | null> {
      const days = await daily(
        {
          Namespace: 'AWS/CertificateManager',
          MetricName: 'DaysToExpiry',
          Dimensions: [{ Name: 'CertificateArn', Value: certificateArn }],
          Statistics: ['Minimum'],
        },
        { since: now - periods * period, now },
      );
      const fewest = days.flatMap(({ Minimum }) => Minimum ?? []);
      return fewest.length > 0 ? Math.min(...fewest) : null;
    },
  };

  async function daily(metric: Metric, { since, now }: Span): Promise<readonly Datapoint[]> {
    const { Datapoints = [] } = await ask('cloudwatch:GetMetricStatistics', () =>
      cloudwatch.send(
        new GetMetricStatisticsCommand({
          ...metric,
          StartTime: new Date(since * 1000),
          EndTime: new Date(now * 1000),
          Period: period,
        }),
      ),
    );
    return Datapoints;
  }
}

type Metric = Pick<GetMetricStatisticsCommandInput, 'Namespace' | 'MetricName' | 'Dimensions' | 'Statistics'>;
/** Epoch seconds. */
type Span = { readonly since: number; readonly now: number };
