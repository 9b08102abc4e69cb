import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import { ask } from '../../shared/aws/trouble.ts';

export type Subscription = { readonly endpoint: string; readonly confirmed: boolean };

/** Who hears of what the stack has to say. */
export async function subscriptions(topicArn: string, sns = new SNSClient({})): Promise<readonly Subscription[]> {
  const pages = await ask('sns:ListSubscriptionsByTopic', () =>
    Array.fromAsync(paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn })),
  );
  return pages
    .flatMap(({ Subscriptions = [] }) => Subscriptions)
    .map(({ Endpoint = '', SubscriptionArn = '' }) => ({
      endpoint: Endpoint,
      // AWS writes a word in place of the ARN until somebody confirms.
      confirmed: SubscriptionArn.startsWith('arn:'),
    }));
}

export type Alarm = { readonly name: string; readonly description: string };

/** The stack's alarms that are in ALARM, and whether there are any of its alarms at all. */
export async function alarms(
  prefix: string,
  cloudWatch = new CloudWatchClient({}),
): Promise<{ readonly ringing: readonly Alarm[]; readonly exist: boolean }> {
  const answer = await ask('cloudwatch:DescribeAlarms', () =>
    cloudWatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: prefix, MaxRecords: 100 })),
  );
  const all = answer.MetricAlarms ?? [];
  const ringing = all.filter(({ StateValue }) => StateValue === 'ALARM');
  return {
    exist: all.length > 0,
    ringing: ringing.map(({ AlarmName = '', AlarmDescription = '' }) => ({
      name: AlarmName,
      description: AlarmDescription,
    })),
  };
}
