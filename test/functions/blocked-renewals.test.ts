import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mail } from '../../lab/sns.ts';
import { legalCells } from '../../shared/domain/legal-cells.ts';
import { attempt, type Played, plots, prepare } from './blocked-world.ts';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const day = 86_400_000;

let courier: CourierLab;
/** What people were told of each plot: at the attempt, and after it was mended. */
const told = new Map<string, { played: Played; serial: string; atAttempt: readonly Mail[]; after: readonly Mail[] }>();

beforeAll(async () => {
  courier = await startCourierLab();
  const all = await prepare(courier, plots);
  const mark = courier.lab.mail().length;
  await attempt(courier, all);
  const mailsOf = ({ one }: Played, from: number, to?: number) =>
    courier.lab
      .mail()
      .slice(from, to)
      .filter(
        ({ attributes: { certificateArn, severity } }) => certificateArn === one.certificateArn && severity !== 'info',
      );
  const attempted = courier.lab.mail().length;
  for (const played of all) {
    const { title, one } = played;
    const atAttempt = mailsOf(played, mark);
    told.set(title, { played, serial: await courier.serialOf(one.certificateArn), atAttempt, after: [] });
  }
  await mend(all.filter(({ cell }) => cell.lifetimeDays > 47));
  // Of a short one it cannot be told afterwards whether ACM was a day late, or had just begun: no all-clear comes then.
  await courier.lab.clock.advance(1.5 * day);
  await mend(all.filter(({ cell }) => cell.lifetimeDays === 47));
  await courier.lab.clock.advance(2 * day);
  await courier.settle();
  for (const [title, one] of told) told.set(title, { ...one, after: mailsOf(one.played, attempted) });
}, 180_000);
afterAll(() => courier.stop());

/** One after the other, as people do. */
async function mend(all: readonly Played[]): Promise<void> {
  for (const { title, blockage, one } of all) {
    const mail = of(title).atAttempt.find(({ attributes }) => attributes.reason === blockage.says);
    if (!mail) continue;
    for (const step of [blockage.passes, blockage.act, blockage.byHand]) await step?.({ ...one, mail });
    await courier.lab.clock.advance(1_000);
  }
}

const of = (title: string) => {
  const one = told.get(title);
  if (!one) throw new Error(`"${title}" was not played`);
  return one;
};
/** Without line breaks and indentation. */
const plain = ({ body }: Mail) => body.replace(/\s+/g, ' ');

it('every failed renewal that can happen is played', () => {
  expect(new Set(plots.map(({ cell }) => cell))).toEqual(new Set(legalCells));
  for (const { cell, blockage } of plots) expect(cell.says).toContain(blockage.says);
});

describe.each(plots)('$title', ({ title, blockage, cell }) => {
  it('is one mail that names what is to be mended', () => {
    const { atAttempt, played } = of(title);
    expect(atAttempt.map(({ attributes }) => attributes.reason)).toEqual([blockage.says]);
    const [mail] = atAttempt as [Mail];
    expect(mail.attributes.severity).toBe(
      cell.lifetimeDays === 47 && mail.subject.includes(' 3 ') ? 'critical' : 'action',
    );
    expect(mail.subject).toMatch(/^\[(action|critical)\] [ -~]+$/);
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
