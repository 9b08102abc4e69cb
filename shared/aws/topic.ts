import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notice } from '../domain/notice.ts';
import { ask } from './trouble.ts';

export type Topic = ReturnType<typeof topic>;

/** The SNS topic on which people are told. */
export function topic(topicArn: string, sns = new SNSClient({})) {
  return {
    async tell({ subject, body, attributes }: Notice): Promise<void> {
      await ask('sns:Publish', () =>
        sns.send(
          new PublishCommand({
            TopicArn: topicArn,
            Subject: subject,
            Message: body,
            MessageAttributes: Object.fromEntries(
              Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
            ),
          }),
        ),
      );
    },
  };
}
