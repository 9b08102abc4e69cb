import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mail } from '../../lab/sns.ts';
import { legalCells } from '../../shared/domain/legal-cells.ts';
import { attempt, mailsOf, mend, type Played, plots, prepare } from './blocked-world.ts';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

type Seen = {
  readonly played: Played;
  readonly serial: string;
  readonly atAttempt: readonly Mail[];
  after: readonly Mail[];
};

let courier: CourierLab;
/** What people were told of each plot: at the attempt, and after it was mended. */
const seen = new Map<string, Seen>();

beforeAll(async () => {
  courier = await startCourierLab();
  const played = await prepare(courier, plots);
  const before = courier.lab.mail().length;
  await attempt(courier, played);
  const attempted = courier.lab.mail().length;
  for (const one of played) {
    const serial = await courier.serialOf(one.one.certificateArn);
    seen.set(one.title, { played: one, serial, atAttempt: mailsOf(one, before), after: [] });
  }
  await mend(courier, { played, by: mendByHand });
  for (const one of seen.values()) one.after = mailsOf(one.played, attempted);
}, 240_000);
afterAll(() => courier.stop());

/** What the mail asks for, by the lab's own means; test/peers pastes its commands. */
async function mendByHand({ title, blockage, one }: Played): Promise<void> {
  const mail = of(title).atAttempt.find(({ attributes }) => attributes.reason === blockage.says);
  if (!mail) return;
  for (const step of [blockage.passes, blockage.act, blockage.byHand]) await step?.({ ...one, mail });
}

const of = (title: string) => {
  const one = seen.get(title);
  if (!one) throw new Error(`"${title}" was not played`);
  return one;
};

/** Without line breaks and indentation. */
const plain = ({ body }: Mail) => body.replace(/\s+/g, ' ');

it('every failed renewal that can happen is played', () => {
  expect(new Set(plots.map(({ cell }) => cell))).toEqual(new Set(legalCells));
  for (const { cell, blockage } of plots) expect(cell.says).toContain(blockage.says);
  expect(new Set(plots.map(({ title }) => title)).size).toBe(plots.length);
});

describe.each(plots)('$title', ({ title, blockage }) => {
  it('is one mail that names what is to be mended', () => {
    const { atAttempt, played } = of(title);
    const [mail] = atAttempt as [Mail];
    const [, daysLeft] = /, (\d+) days left$/.exec(mail.subject) ?? [];
    expect(atAttempt.map(({ attributes }) => attributes.reason)).toEqual([blockage.says]);
    expect(mail.attributes.severity).toBe(Number(daysLeft) <= 3 ? 'critical' : 'action');
    expect(mail.subject).toMatch(/^\[(action|critical)\] [ -~]{1,90}$/);
    expect(mail.subject.length).toBeLessThan(100);
    for (const name of blockage.names(played.one)) expect(plain(mail)).toContain(name);
    expect(mail.body).toContain('Load balancer "app/web" serves it');
    expect(mail.body).not.toMatch(/undefined|null|NaN|\[object|Invalid Date/);
  });

  it('ends when it is mended, with one all-clear', async () => {
    const { played, serial, after } = of(title);
    if (blockage.forGood) return expect(after).toEqual([]);
    expect(await courier.serialOf(played.one.certificateArn)).not.toBe(serial);
    expect(after.map(({ attributes: { severity, reason } }) => `${severity} ${reason}`)).toEqual([
      'resolved RenewedAfterAll',
    ]);
  });
});

it('nothing went wrong on the way', async () => {
  expect(await courier.wreckage()).toEqual([]);
});
