import { expect, it } from 'vitest';
import { type ProbeOrder, readProbeOrder, readSightings, tasksAtOnce } from '../../shared/events/probe-order.ts';
import { Unreadable } from '../../shared/events/read.ts';
import { prober, readStands } from '../../shared/prober.ts';

const serial = '0a'.padStart(40, '0');
const target = (id: string) => ({ id, host: '10.0.3.17', port: 8443, servername: 'api.example.com', serial });

/** A probe in each of the subnets, each of which shows the serial; and what it was asked. */
function probes(...places: readonly string[]) {
  const asked: { readonly by: string; readonly order: ProbeOrder }[] = [];
  const stands = places.map((subnet) => ({
    subnets: [subnet],
    probe: {
      ask: async (message: object) => {
        const order = readProbeOrder(JSON.parse(JSON.stringify(message)));
        asked.push({ by: subnet, order });
        return order.targets.map(({ id }) => ({ id, serial }));
      },
    },
  }));
  return { asked, look: prober(stands).look };
}

it('asks the function for so many tasks at a time as it takes, and answers by id', async () => {
  const { asked, look } = probes('subnet-1');
  const targets = Array.from({ length: 201 }, (_, index) => ({ ...target(`task-${index}`), subnet: 'subnet-1' }));
  const shown = await look(targets, 20);
  expect(asked.map(({ order }) => [order.targets.length, order.seconds])).toEqual([
    ...Array.from({ length: 4 }, () => [tasksAtOnce, 20]),
    [1, 20],
  ]);
  expect([...shown]).toEqual(targets.map(({ id }) => [id, { serial }]));
});

it('asks the probe in the task’s own subnet only, for addresses of two VPCs may be the same', async () => {
  const { asked, look } = probes('subnet-1', 'subnet-2');
  const there = (id: string, subnet: string | undefined) => ({ ...target(id), subnet });
  const shown = await look([there('a', 'subnet-2'), there('b', 'subnet-3'), there('c', undefined)], 20);
  expect(asked).toEqual([{ by: 'subnet-2', order: { targets: [target('a')], seconds: 20 } }]);
  expect([...shown.keys()]).toEqual(['a']);
});

it('asks nobody where there is nothing to look at', async () => {
  const { asked, look } = probes('subnet-1');
  expect(await look([], 20)).toEqual(new Map());
  expect(asked).toEqual([]);
});

it('knows the functions and where they stand by a variable', () => {
  const text = 'acm-courier-prod-probe=subnet-1,subnet-2 acm-courier-prod-probe-2=subnet-3';
  const ask = async () => [];
  const named: string[] = [];
  const stands = readStands(text, (name) => {
    named.push(name);
    return { ask };
  });
  expect(named).toEqual(['acm-courier-prod-probe', 'acm-courier-prod-probe-2']);
  expect(stands.map(({ subnets }) => subnets)).toEqual([['subnet-1', 'subnet-2'], ['subnet-3']]);
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
