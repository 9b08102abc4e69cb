import { expect, it } from 'vitest';
import { type ProbeOrder, readProbeOrder, readSightings, tasksAtOnce } from '../../shared/events/probe-order.ts';
import { Unreadable } from '../../shared/events/read.ts';
import { prober } from '../../shared/prober.ts';

const serial = '0a'.padStart(40, '0');
const target = (id: string) => ({ id, host: '10.0.3.17', port: 8443, servername: 'api.example.com', serial });

it('asks the function for so many tasks at a time as it takes, and answers by id', async () => {
  const asked: ProbeOrder[] = [];
  const look = prober({
    ask: async (message) => {
      const order = readProbeOrder(JSON.parse(JSON.stringify(message)));
      asked.push(order);
      return order.targets.map(({ id }) => ({ id, serial }));
    },
  }).look;
  const targets = Array.from({ length: 201 }, (_, index) => target(`task-${index}`));
  const shown = await look(targets, 20);
  expect(asked.map(({ targets, seconds }) => [targets.length, seconds])).toEqual([
    ...Array.from({ length: 4 }, () => [tasksAtOnce, 20]),
    [1, 20],
  ]);
  expect([...shown]).toEqual(targets.map(({ id }) => [id, { serial }]));
});

it('asks nobody where there is nothing to look at', async () => {
  const ask = () => Promise.reject(new Error('asked'));
  expect(await prober({ ask }).look([], 20)).toEqual(new Map());
});

it.each<[string, object, string]>([
  ['a host that is a name', { host: 'api.example.com' }, 'targets.0.host'],
  ['a port that is none', { port: 65_536 }, 'targets.0.port'],
  ['a serial that is none', { serial: '0A' }, 'targets.0.serial'],
  ['no name to ask for', { servername: '' }, 'targets.0.servername'],
])('the function refuses an order with %s', (_, more, where) => {
  const order = { targets: [{ ...target('a'), ...more }], seconds: 20 };
  expect(() => readProbeOrder(order)).toThrow(Unreadable);
  expect(() => readProbeOrder(order)).toThrow(where);
});

it('the function refuses more tasks than it takes', () => {
  const targets = Array.from({ length: tasksAtOnce + 1 }, () => target('a'));
  expect(() => readProbeOrder({ targets, seconds: 20 })).toThrow(Unreadable);
});

it('an answer says of each task what it showed or why nothing', () => {
  const answer = [
    { id: 'a', serial },
    { id: 'b', error: 'it closed the connection', during: 'handshake' },
  ];
  expect(readSightings(answer)).toEqual(answer);
  expect(() => readSightings([{ id: 'a' }])).toThrow(Unreadable);
  expect(() => readSightings({ errorMessage: 'x' })).toThrow(Unreadable);
});
