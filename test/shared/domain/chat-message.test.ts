import { describe, expect, it } from 'vitest';
import { chatMessage } from '../../../shared/domain/chat-message.ts';
import { composeNotice } from '../../../shared/domain/notice.ts';
import { arn, place } from './sample.ts';
import { sampleOf } from './sample-facts.ts';

const sections = { affects: [], done: [], planned: [], unseen: [] };
const messageOf = (detail: string, affects: readonly string[] = []) =>
  chatMessage(
    composeNotice(
      { findings: [sampleOf('CallRefused', { detail })], name: 'a.example', certificateArn: arn, ...sections, affects },
      place,
    ),
  );

describe('a message to a chat', () => {
  it('calls nobody and ends no fence, whatever AWS answered', () => {
    const { title, description } = messageOf('<!channel> ```` *all* <@U1>').content;
    expect(`${title}${description.slice(3, -3)}`).not.toMatch(/[<>]|```/);
    expect(description).toContain('?!channel? ???? *all* ?@U1?');
  });

  it('fits into one block of text', () => {
    const affects = Array.from({ length: 30 }, () => 'A service is affected '.repeat(10).trim());
    const { description } = messageOf('x', affects).content;
    expect(description.length).toBeLessThan(3000);
    expect(description.length).toBeGreaterThan(2500);
    expect(description).toMatch(/^```\n[^`]*This is not all[^`]*Where to look\n[^`]*```$/);
  });

  it('keeps the mails of one certificate in one thread', () =>
    expect(messageOf('x').metadata).toMatchObject({ threadId: arn, relatedResources: [arn] }));

  it('of no certificate is in no thread', () => {
    const digest = chatMessage({
      subject: 'Digest',
      body: 'All.\n',
      links: [],
      attributes: { severity: 'warning', reason: 'Digest' },
    });
    expect(digest.metadata).toEqual({
      summary: 'Digest',
      eventType: 'Digest',
      additionalContext: { severity: 'warning', reason: 'Digest' },
    });
  });
});
