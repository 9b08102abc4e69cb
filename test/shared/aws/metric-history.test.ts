import type { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { expect, it } from 'vitest';
import { metricHistory } from '../../../shared/aws/metric-history.ts';

const arn = 'arn:aws:acm:us-east-1:111122223333:certificate/one';
const now = 1_790_000_000;

/** CloudWatch with these daily minima, in no order, as it answers. */
function remembering(minima: readonly (number | undefined)[], Sum = 0) {
  const asked: unknown[] = [];
  const send = async ({ input }: GetMetricStatisticsCommand) => {
    asked.push(input);
    return { Datapoints: minima.map((Minimum) => ({ Minimum, Sum })) };
  };
  return { ...metricHistory('acm-courier-prod', { send } as unknown as CloudWatchClient), asked };
}

it.each<[string, readonly (number | undefined)[], number | null]>([
  ['ACM has not measured since the renewal', [31, 29, 30], 29],
  ['ACM has measured since', [29, 394, 30], 29],
  ['ACM has measured since only', [395, 394], 394],
  ['CloudWatch knows nothing', [], null],
  ['a period has no minimum', [undefined], null],
  ['the certificate was on its last day', [1, 0], 0],
])('where %s: the days before it', async (_, minima, days) => {
  expect(await remembering(minima).daysBefore(arn, now)).toBe(days);
});

it('three days are asked for, up to now', async () => {
  const { daysBefore, asked } = remembering([]);
  await daysBefore(arn, now);
  expect(asked).toEqual([
    {
      Namespace: 'AWS/CertificateManager',
      MetricName: 'DaysToExpiry',
      Dimensions: [{ Name: 'CertificateArn', Value: arn }],
      StartTime: new Date((now - 3 * 86_400) * 1000),
      EndTime: new Date(now * 1000),
      Period: 86_400,
      Statistics: ['Minimum'],
    },
  ]);
});

it("the stack's own warnings are counted from the time that is named, whoever they were about", async () => {
  const since = now - 5 * 86_400;
  const { warnings, asked } = remembering([1, 2], 3);
  expect(await warnings({ since, now })).toBe(6);
  expect(asked).toMatchObject([
    {
      Namespace: 'acm-courier',
      MetricName: 'WarningsSent',
      Dimensions: [{ Name: 'service', Value: 'acm-courier-prod' }],
      StartTime: new Date(since * 1000),
      EndTime: new Date(now * 1000),
      Statistics: ['Sum'],
    },
  ]);
  expect(await remembering([]).warnings({ since, now })).toBe(0);
});
