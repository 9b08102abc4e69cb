import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallFault } from '../../lab/faults.ts';
import { chatTopic, type Topic, topic } from '../../shared/aws/topic.ts';
import { composeNotice, type Notice } from '../../shared/domain/notice.ts';
import { type SmallStack, startSmallStack } from '../lab/small-stack.ts';
import { arn, place } from '../shared/domain/sample.ts';
import { sampleOf } from '../shared/domain/sample-facts.ts';

const sections = { affects: [], done: [], planned: [], unseen: [] };
const matter = { findings: [sampleOf('SecretNotOurs')], name: 'api.example.com', certificateArn: arn } as const;
const notice = composeNotice({ ...matter, owner: 'edge', ...sections }, place);
const but = (other: Partial<Notice>, attributes: Partial<Notice['attributes']> = {}): Notice => ({
  ...notice,
  ...other,
  attributes: { ...notice.attributes, ...attributes },
});

let lab: SmallStack;
let sns: SNSClient;
let topicArn: string;
let people: Topic;

beforeEach(async () => {
  lab = await startSmallStack({ Resources: {} });
  sns = new SNSClient({ ...lab.client, maxAttempts: 1 });
  topicArn = (await sns.send(new CreateTopicCommand({ Name: 'notices' }))).TopicArn ?? '';
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'email', Endpoint: 'a@example.com' }));
  people = topic(topicArn, sns);
});
afterEach(() => lab.stop());

const plainSubject = '[action] acm-courier: see the text';

describe('a notice', () => {
  it('arrives as it was written, with what a filter policy asks for', async () => {
    await people.tell(notice);
    const { subject, body, attributes } = notice;
    expect(lab.mail()).toEqual([{ to: 'a@example.com', subject, body, attributes }]);
  });

  it('goes out without an attribute that SNS would refuse', async () => {
    await people.tell(but({}, { owner: '' }));
    const { owner: _, ...others } = notice.attributes;
    expect(lab.mail()).toMatchObject([{ subject: notice.subject, attributes: others }]);
    expect(lab.mail()[0]?.attributes).not.toHaveProperty('owner');
  });

  it('goes out with a plain subject where SNS refuses its own', async () => {
    await people.tell(but({ subject: 'Ä'.repeat(100) }));
    expect(lab.mail()).toMatchObject([{ subject: plainSubject, body: notice.body, attributes: notice.attributes }]);
  });

  it('goes out shortened where it is too long, with the place to look', async () => {
    await people.tell(but({ body: notice.body.replace('\n', `\n${'  A line of this mail.\n'.repeat(15_000)}`) }));
    const [mail] = lab.mail();
    expect(mail).toMatchObject({ subject: plainSubject, attributes: notice.attributes });
    expect(mail?.body).toContain('This is not all: the whole did not fit into one message.\n\nWhere to look\n');
    expect(mail?.body.length).toBeGreaterThan(50_000);
  });

  it('goes out with nothing but severity and reason where its other attributes are too much', async () => {
    await people.tell(but({}, { domain: 'x'.repeat(262_144) }));
    expect(lab.mail()).toMatchObject([{ subject: plainSubject, body: notice.body }]);
    expect(lab.mail()[0]?.attributes).toEqual({ severity: 'action', reason: 'SecretNotOurs' });
  });

  it.each([
    ['throttle', 'Throttled'],
    ['denied', 'AccessDenied'],
    ['500', 'AwsUnavailable'],
  ])('is not sent plainer when SNS answers %s: the trouble goes up', async (fault, reason) => {
    lab.faults.add({ service: 'sns', operation: 'Publish', fault: fault as CallFault, nth: 1 });
    await expect(people.tell(notice)).rejects.toMatchObject({ finding: { reason } });
    expect(lab.mail()).toEqual([]);
  });

  it('goes up where no form of it can be sent', async () => {
    const gone = topic(`${topicArn}-gone`, sns).tell(notice);
    await expect(gone).rejects.toMatchObject({ finding: { reason: 'CallRefused' } });
  });
});

describe('a chat', () => {
  it('is told in the form that Amazon Q Developer reads', async () => {
    await chatTopic(topicArn, sns).tell(notice);
    const [mail] = lab.mail();
    expect(mail?.attributes).toEqual(notice.attributes);
    expect(JSON.parse(mail?.body ?? '')).toEqual({
      version: '1.0',
      source: 'custom',
      content: {
        textType: 'client-markdown',
        title: notice.subject,
        description: `\`\`\`\n${notice.body}\`\`\``,
        nextSteps: notice.links,
        keywords: ['action', 'SecretNotOurs'],
      },
      metadata: {
        threadId: arn,
        relatedResources: [arn],
        summary: notice.subject,
        eventType: 'SecretNotOurs',
        additionalContext: notice.attributes,
      },
    });
  });

  it('is told without attributes rather than not at all', async () => {
    await chatTopic(topicArn, sns).tell(but({}, { domain: 'x'.repeat(131_000) }));
    expect(lab.mail()).toMatchObject([{ attributes: {} }]);
  });
});
