import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { decode, encode } from 'dns-packet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDns } from '../../lab/dns.ts';

const dns = createDns();
const resolver = new Resolver({ tries: 1, timeout: 5_000 });
let port: number;

beforeAll(async () => {
  const address = await dns.listen();
  port = Number(address.split(':')[1]);
  resolver.setServers([address]);
  dns.add({ name: '_a.API.example.com.', type: 'CNAME', data: '_b.acm-validations.aws.' });
  dns.add({ name: 'example.com', type: 'CAA', data: '0 issue "amazon.com"' });
  dns.add({ name: 'example.com', type: 'CAA', data: '128 issuewild ";"' });
  dns.add({ name: 'alias.example.com', type: 'CNAME', data: 'example.com' });
  dns.add({ name: 'loop.example.org', type: 'CNAME', data: 'loop.example.org' });
  dns.add({ name: 'broken.example.org', type: 'SERVFAIL', data: '' });
  for (let host = 1; host <= 60; host++) dns.add({ name: 'many.example.org', type: 'A', data: `127.0.0.${host}` });
});
afterAll(() => dns.stop());

it('answers records, in any case and with or without the last dot', async () => {
  expect(await resolver.resolveCname('_A.api.example.com')).toEqual(['_b.acm-validations.aws']);
  expect(await resolver.resolveCaa('example.com')).toMatchObject([
    { critical: 0, issue: 'amazon.com' },
    { critical: 128, issuewild: ';' },
  ]);
});

it('follows an alias to the records of another type', async () => {
  expect(await resolver.resolveCaa('alias.example.com')).toHaveLength(2);
});

it('answers over TCP what is too long for a datagram', async () => {
  expect(await resolver.resolve4('many.example.org')).toHaveLength(60);
  const socket = createSocket('udp4');
  const answer = once(socket, 'message');
  socket.send(
    encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'many.example.org' }] }),
    port,
    '127.0.0.1',
  );
  expect(decode((await answer)[0])).toMatchObject({ id: 7, flag_tc: true, answers: [] });
  socket.close();
});

it.each([
  ['a name that does not exist', 'nothing.example.com', 'ENOTFOUND'],
  ['a name without such a record', 'example.com', 'ENODATA'],
  ['a name that only has others below it', 'api.example.com', 'ENODATA'],
  ['a broken name', 'broken.example.org', 'ESERVFAIL'],
  ['a name below a broken one', 'deep.broken.example.org', 'ESERVFAIL'],
  ['aliases in a circle', 'loop.example.org', 'ESERVFAIL'],
])('tells of %s', async (_case, name, code) => {
  await expect(resolver.resolve4(name)).rejects.toMatchObject({ code });
});

it('forgets what is removed: one record, those of a type, or all of a name', () => {
  const types = () => dns.records().flatMap(({ name, type }) => (name === 'x.example.net' ? type : []));
  for (const data of ['127.0.0.1', '127.0.0.2']) dns.add({ name: 'x.example.net', type: 'A', data });
  for (const data of ['1', '2']) dns.add({ name: 'x.example.net', type: 'TXT', data });
  dns.add({ name: 'x.example.net', type: 'TXT', data: '2' });
  expect(types()).toEqual(['A', 'A', 'TXT', 'TXT']);
  dns.remove({ name: 'X.example.net.', type: 'A', data: '127.0.0.1' });
  expect(types()).toEqual(['A', 'TXT', 'TXT']);
  dns.remove({ name: 'x.example.net', type: 'TXT' });
  expect(types()).toEqual(['A']);
  dns.remove({ name: 'x.example.net' });
  expect(types()).toEqual([]);
});

it('lives through what is no question', async () => {
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.send(Buffer.from('no question'), port, '127.0.0.1', resolve));
  socket.close();
  const stream = connect(port, '127.0.0.1');
  stream.end(Buffer.from('\0\u0004none'));
  await new Promise((resolve) => stream.once('close', resolve).resume());
  expect(await resolver.resolveCaa('example.com')).toHaveLength(2);
});
