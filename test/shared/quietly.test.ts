import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { quietly } from '../../shared/quietly.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ['has come to pass', async () => {}, []],
  ['fails', () => Promise.reject(new TypeError('no such finding')), ['Cannot report: TypeError: no such finding']],
  [
    'is never answered',
    () => new Promise<void>(() => {}),
    ['Cannot report: Error: There was no answer within 6 seconds'],
  ],
])('what %s after a mail ends in time, and is at most a line of the log', async (_, act, lines) => {
  const logged: string[] = [];
  const log = (_level: string, message: string, { detail }: { readonly detail?: unknown }) =>
    void logged.push(`${message}: ${detail}`);
  const done = quietly('Cannot report', { act, log });
  await vi.advanceTimersByTimeAsync(6_000);
  await done;
  expect(logged).toEqual(lines);
  expect(vi.getTimerCount()).toBe(0);
});
