import { lazily } from './lazily.ts';
import { count } from './metrics.ts';
import { environment } from './runtime.ts';
import type { Telling } from './tell.ts';

/** How a function tells people: by the stack's topic, and by a chat's where the stack was given one. */
export function telling(): Pick<Telling, 'topic' | 'chat' | 'count'> {
  const topicArn = environment('TOPIC_ARN');
  const chatTopicArn = process.env.CHAT_TOPIC_ARN;
  return {
    topic: lazily(async () => (await import('./aws/topic.ts')).topic(topicArn)),
    ...(chatTopicArn && { chat: lazily(async () => (await import('./aws/topic.ts')).chatTopic(chatTopicArn)) }),
    count,
  };
}
