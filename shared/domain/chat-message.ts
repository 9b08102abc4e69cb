import { shortPage } from './layout.ts';
import type { Notice } from './notice.ts';

/** Slack takes 3,000 characters in a block of text; the fence and what escaping adds take some. */
const room = 2800;

/**
 * A notice as Amazon Q Developer in chat applications takes it from a topic, for Slack and Teams. It drops without a word
 * what is not of this form. What concerns one certificate stays in one thread, from the first warning to the all-clear.
 * Source: its Administrator Guide, "Custom notifications".
 */
export const chatMessage = ({ subject, body, links, attributes }: Notice) => ({
  version: '1.0',
  source: 'custom',
  content: {
    textType: 'client-markdown',
    title: harmless(subject),
    // In a fence nothing is markup, and commands can be copied as they are.
    description: `\`\`\`\n${harmless(shortPage(body, room))}\`\`\``,
    nextSteps: links,
    keywords: [attributes.severity, attributes.reason],
  },
  metadata: {
    ...(attributes.certificateArn && {
      threadId: attributes.certificateArn,
      relatedResources: [attributes.certificateArn],
    }),
    summary: harmless(subject),
    eventType: attributes.reason,
    additionalContext: attributes,
  },
});

/** Slack reads `<!channel>` as a call to everybody, in a fence as well; three backticks would end the fence. */
const harmless = (text: string) => text.replace(/[<>]|`{3,}/g, (found) => '?'.repeat(found.length));
