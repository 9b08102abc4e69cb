import { PublishCommand, type PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { chatMessage } from '../domain/chat-message.ts';
import { shortPage } from '../domain/layout.ts';
import type { Notice } from '../domain/notice.ts';
import { prompt } from './client.ts';
import { ask, nameOf } from './trouble.ts';

export type Topic = ReturnType<typeof topic>;

/** Characters of a text that always fits: three bytes each at most, of 262,144 (API Reference, Publish). */
const safeLength = 60_000;

/**
 * The SNS topic on which people are told. Throws Trouble when SNS is throttled, denied or gone; a message that SNS does
 * not take as it is goes out plainer, for a mail with a poor subject wakes somebody and a refused one does not.
 */
export function topic(TopicArn: string, sns = new SNSClient(prompt)) {
  return {
    async tell({ subject, body, attributes }: Notice): Promise<void> {
      const { severity, reason } = attributes;
      const plain = { Subject: `[${severity}] acm-courier: see the text`, ...text(shortPage(body, safeLength)) };
      await publish(sns, [
        { TopicArn, Subject: subject, ...text(body), ...filterable(attributes) },
        { TopicArn, ...plain, ...filterable(attributes) },
        { TopicArn, ...plain, ...filterable({ severity, reason }) },
      ]);
    },
  };
}

/** A topic that Amazon Q Developer in chat applications reads, for Slack and Teams. */
export function chatTopic(TopicArn: string, sns = new SNSClient(prompt)): Topic {
  return {
    async tell(notice) {
      const message = { TopicArn, Message: JSON.stringify(chatMessage(notice)) };
      await publish(sns, [{ ...message, ...filterable(notice.attributes) }, message]);
    },
  };
}

/** The first form that SNS takes. Only a refusal of the form itself leads to the next. */
async function publish(sns: SNSClient, [form, next, ...others]: Forms): Promise<void> {
  try {
    await ask('sns:Publish', () => sns.send(new PublishCommand(form)));
  } catch (error) {
    if (!next || !isRefusal(error)) throw error;
    await publish(sns, [next, ...others]);
  }
}

type Forms = readonly [PublishCommandInput, ...PublishCommandInput[]];

const isRefusal = (error: unknown) =>
  error instanceof Error && /^(InvalidParameter|ParameterValueInvalid|Validation)/.test(nameOf(error.cause));

/** The same for every protocol: whoever subscribes another one than mail gets the whole as well. */
const text = (body: string) => ({ Message: JSON.stringify({ default: body }), MessageStructure: 'json' });

/** SNS refuses an empty value, and a filter policy sees none. */
const filterable = (attributes: Readonly<Record<string, string | undefined>>) => ({
  MessageAttributes: Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value)
      .map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  ),
});
