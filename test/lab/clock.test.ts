import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, createClock } from '../../lab/clock.ts';

const start = new Date('2026-01-01T00:00:00Z');
const minutes = (count: number) => count * 60_000;
const after = (ms: number) => new Date(start.getTime() + ms);
let clock: Clock;
let seen: string[];

beforeEach(() => {
  clock = createClock(start);
  seen = [];
});
afterEach(() => clock.stop());

it('passes every timer on the way, in order of time, then of setting', async () => {
  clock.at(after(minutes(3)), () => void seen.push('third'));
  clock.at(after(minutes(1)), () => void seen.push('first'));
  clock.at(after(minutes(1)), () => void seen.push('second'));
  clock.at(after(minutes(9)), () => void seen.push('never'));
  await clock.advance(minutes(5));
  expect(seen).toEqual(['first', 'second', 'third']);
});

it('lets the work of one timer come to rest before the next one is due', async () => {
  clock.at(after(minutes(1)), async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    seen.push('work');
  });
  clock.at(after(minutes(2)), () => void seen.push('next'));
  await clock.advance(minutes(2));
  expect(seen).toEqual(['work', 'next']);
});

it('runs a timer at its own time, and those that it sets on the way', async () => {
  const times: number[] = [];
  const again = () => {
    times.push(Math.floor((clock.now().getTime() - start.getTime()) / minutes(1)));
    if (times.length < 3) clock.at(new Date(clock.now().getTime() + minutes(10)), again);
  };
  clock.at(after(minutes(10)), again);
  await clock.advance(minutes(60));
  expect(times).toEqual([10, 20, 30]);
});

it('runs a timer by mere passing of time', async () => {
  clock.at(new Date(clock.now().getTime() + 20), () => void seen.push('passed'));
  await expect.poll(() => seen).toEqual(['passed']);
});

it('runs nothing that was cancelled, and nothing after it stopped', async () => {
  clock.at(after(minutes(1)), () => void seen.push('cancelled'))();
  await clock.advance(minutes(2));
  clock.stop();
  clock.at(clock.now(), () => void seen.push('late'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toEqual([]);
});

it.each<[string, () => void]>([
  ['a timer', () => clock.at(after(minutes(1)), () => Promise.reject(new Error('a bug of the lab')))],
  ['work in progress', () => clock.busy(Promise.reject(new Error('a bug of the lab')))],
])('does not hide that %s failed', async (_what, fail) => {
  fail();
  await expect(clock.advance(minutes(2))).rejects.toThrow('a bug of the lab');
});

it('ends an advance that never would', async () => {
  const again = () => void clock.at(new Date(clock.now().getTime() + 50), again);
  again();
  await expect(clock.advance(minutes(100))).rejects.toThrow('More than 100000 timers are due within one advance');
});
