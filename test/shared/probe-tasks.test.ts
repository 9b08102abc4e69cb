import { expect, it } from 'vitest';
import type { Shown } from '../../shared/domain/probe.ts';
import { probeTasks } from '../../shared/probe-tasks.ts';

const [old, current] = ['0a'.padStart(40, '0'), '0b'.padStart(40, '0')];
const refused: Shown = { error: 'nothing listens there (connection refused)', during: 'connect' };
const target = (id: string) => ({ id, host: '127.0.0.1', port: 8443, servername: 'api.example.com', serial: current });

/** Tasks that show these, one after the other, the last one for ever; time passes only while somebody waits. */
function world(tasks: Readonly<Record<string, readonly Shown[]>>, { handshakeMs = 0 } = {}) {
  let ms = 5_000;
  const asked: { id: string; timeoutMs: number }[] = [];
  const logged: unknown[] = [];
  return {
    asked,
    logged,
    elapsed: () => ms,
    sleep: async (milliseconds: number) => {
      ms += milliseconds;
    },
    log: (level: string, _: string, facts: object) => void logged.push({ level, ...facts }),
    probe: async ({ id, timeoutMs }: { id: string; timeoutMs: number }) => {
      const shown = tasks[id] ?? [];
      const nth = asked.filter((one) => one.id === id).length;
      asked.push({ id, timeoutMs });
      ms += handshakeMs;
      return shown[Math.min(nth, shown.length - 1)] ?? refused;
    },
  };
}

it('asks a task that serves the leaf once', async () => {
  const one = world({ a: [{ serial: current }] });
  expect(await probeTasks({ targets: [target('a')], seconds: 20 }, one)).toEqual([{ id: 'a', serial: current }]);
  expect(one.asked).toEqual([{ id: 'a', timeoutMs: 5_000 }]);
  expect(one.logged).toEqual([{ level: 'info', task: 'a', attempt: 1, expected: current, serial: current }]);
});

it('asks again as long as a task does not listen, or an old process still answers', async () => {
  const one = world({ a: [refused, { serial: old }, { serial: current }] });
  expect(await probeTasks({ targets: [target('a')], seconds: 20 }, one)).toEqual([{ id: 'a', serial: current }]);
  expect(one.asked).toHaveLength(3);
});

it('answers what it saw last when the time is over', async () => {
  const one = world({ a: [refused, { serial: old }] });
  expect(await probeTasks({ targets: [target('a')], seconds: 5 }, one)).toEqual([{ id: 'a', serial: old }]);
  expect(one.asked).toHaveLength(5);
  expect(one.logged).toEqual([{ level: 'warn', task: 'a', attempt: 5, expected: current, serial: old }]);
});

it('looks once at a task even where there is no time', async () => {
  const one = world({ a: [refused] });
  expect(await probeTasks({ targets: [target('a')], seconds: 0 }, one)).toEqual([{ id: 'a', ...refused }]);
  expect(one.asked).toEqual([{ id: 'a', timeoutMs: 1_000 }]);
});

it('gives a handshake no more time than is left', async () => {
  const one = world({ a: [refused] }, { handshakeMs: 5_000 });
  await probeTasks({ targets: [target('a')], seconds: 8 }, one);
  expect(one.asked.map(({ timeoutMs }) => timeoutMs)).toEqual([5_000, 2_000]);
});

it('answers for each task by its id, whatever the others do', async () => {
  const one = world({ a: [{ serial: old }], b: [{ serial: current }], c: [refused] });
  expect(await probeTasks({ targets: ['a', 'b', 'c'].map(target), seconds: 1 }, one)).toEqual([
    { id: 'a', serial: old },
    { id: 'b', serial: current },
    { id: 'c', ...refused },
  ]);
});
