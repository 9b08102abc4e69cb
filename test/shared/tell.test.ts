import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import { finding, type ReasonCode } from '../../shared/domain/reasons.ts';
import { type About, tell } from '../../shared/tell.ts';
import { certificate, now, place } from './domain/sample.ts';
import { sampleOf } from './domain/sample-facts.ts';

type Given = { readonly mail?: unknown; readonly chat?: unknown };

/** Tells of a delivery; what people got, what the chat got, what was logged and counted. */
async function telling(about: Partial<About> = {}, given: Given = {}) {
  const [mails, chats, logged, counted]: [Notice[], Notice[], string[], string[]] = [[], [], [], []];
  const inbox = (notices: Notice[], error: unknown) => ({
    tell: async (notice: Notice) => {
      if (error) throw error;
      notices.push(notice);
    },
  });
  const told = tell([sampleOf('Delivered')], { certificate, ...about }, {
    place,
    now: () => now,
    log: (level: string, message: string) => void logged.push(`${level}: ${message}`),
    count: (what: string) => void counted.push(what),
    topic: inbox(mails, given.mail),
    chat: inbox(chats, given.chat),
  } as never);
  const thrown = await told.then(
    () => undefined,
    (error: unknown) => error,
  );
  return { mails, chats, logged, counted, thrown, body: mails[0]?.body ?? '' };
}

const trouble = (reason: ReasonCode & ('Throttled' | 'CallRefused')) => new Trouble(finding(reason, { detail: 'sns' }));

describe('a mail', () => {
  it('says what the certificate ends for, and how many names it has', async () => {
    const names = ['api.example.com', ...Array.from({ length: 99 }, (_, index) => `n${index}.example.com`)];
    const { body } = await telling({ certificate: { ...certificate, names } });
    expect(body).toContain(`What it affects
  The certificate of "api.example.com", "n0.example.com",
  "n1.example.com" and 97 more names in ACM ends on 2027-10-31, 395 days
  from now.
`);
  });

  it.each([
    [now + 86_400, 'ends on 2026-10-02, 1 day from now'],
    [now + 86_399, 'ends on 2026-10-01 23:59 UTC, 23 hours from now'],
    [now + 3600, 'ends on 2026-10-01 01:00 UTC, 1 hour from now'],
    [now + 3599, 'ends on 2026-10-01 00:59 UTC, less than an hour from now'],
    [now, 'ended on 2026-10-01 00:00 UTC, less than an hour ago'],
    [now - 86_399, 'ended on 2026-09-30 00:00 UTC, 23 hours ago'],
    [now - 172_800, 'ended on 2026-09-29, 2 days ago'],
  ])('says when the certificate ends: %2$s', async (notAfter, end) => {
    const { body } = await telling({ certificate: { ...certificate, notAfter } });
    expect(body.replaceAll(/\n\s*/g, ' ')).toContain(`The certificate of "api.example.com" in ACM ${end}.`);
  });

  it('takes sentences as they are given', async () => {
    const { body } = await telling({ affects: ['It is served by "web"'], unseen: ['The CA could not be read'] });
    expect(body).toContain('395\n  days from now.\n  It is served by "web".\n\nWhat you must do');
    expect(body).toContain('What could not be seen\n  The CA could not be read.\n\n');
  });
});

describe('a notice', () => {
  it('goes to people and to the chat, and is counted once', async () => {
    const { mails, chats, counted, logged } = await telling();
    expect([mails.length, chats.length]).toEqual([1, 1]);
    expect(chats).toEqual(mails);
    expect(counted).toEqual(['NoticesSent']);
    expect(logged).toEqual(['info: Telling people']);
  });

  it('that the chat lacks is not mailed again: that is logged', async () => {
    const { mails, thrown, counted, logged } = await telling({}, { chat: trouble('Throttled') });
    expect([mails.length, thrown, counted]).toEqual([1, undefined, ['NoticesSent']]);
    expect(logged).toEqual(['info: Telling people', 'warn: Cannot tell the chat']);
  });

  it('that cannot be mailed for now waits for both', async () => {
    const error = trouble('Throttled');
    expect(await telling({}, { mail: error })).toMatchObject({ chats: [], counted: [], thrown: error });
  });

  it('that cannot be mailed at all reaches the chat, and the trouble goes up', async () => {
    const error = trouble('CallRefused');
    const { chats, counted, thrown } = await telling({}, { mail: error });
    expect([chats.length, counted, thrown]).toEqual([1, [], error]);
  });

  it('that nobody could be told goes up with the trouble of the mail', async () => {
    const error = trouble('CallRefused');
    const { thrown } = await telling({}, { mail: error, chat: trouble('Throttled') });
    expect(thrown).toBe(error);
  });
});
