import { describe, expect, it } from 'vitest';
import { type ProbeWish, probeVerdict, readProbe, serverName } from '../../../shared/domain/probe.ts';

const secret = 'courier/api';
const accepted = 'port or container:port, or secret=container:port for each secret, separated by spaces';
const bad = (value: string) => ({ tag: 'courier:probe', value, accepted });
const extra = (value: string) => ({ tag: 'courier:probe', value, accepted: 'one port for each secret' });

describe('the tag courier:probe', () => {
  it.each<[string | undefined, string, ProbeWish]>([
    [undefined, 'says nothing where there is none', { at: undefined, problems: [] }],
    ['', 'says nothing where it is empty', { at: undefined, problems: [] }],
    ['8443', 'names a port', { at: { port: 8443 }, problems: [] }],
    ['envoy_1-a:443', 'names a container and its port', { at: { container: 'envoy_1-a', port: 443 }, problems: [] }],
    ['65535', 'takes the last port', { at: { port: 65_535 }, problems: [] }],
    ['65536', 'takes none after it', { at: undefined, problems: [bad('65536')] }],
    ['0', 'takes no port 0', { at: undefined, problems: [bad('0')] }],
    ['web:https', 'takes no names of ports', { at: undefined, problems: [bad('web:https')] }],
    ['web:', 'takes no container without a port', { at: undefined, problems: [bad('web:')] }],
    ['a:b:443', 'takes one container', { at: undefined, problems: [bad('a:b:443')] }],
    [
      'courier/db=db:5432  courier/api=web:8443',
      'names a place for each secret',
      { at: { container: 'web', port: 8443 }, problems: [] },
    ],
    ['courier/db=db:5432', 'may name other secrets only', { at: undefined, problems: [] }],
    ['courier/db=nonsense 8443', 'leaves the other secrets to their rollouts', { at: { port: 8443 }, problems: [] }],
    ['9443 courier/api=8443', 'prefers the word with the secret’s name', { at: { port: 8443 }, problems: [] }],
    [
      'courier/api=web: 9443',
      'falls back to the word for all secrets, and says what is wrong',
      { at: { port: 9443 }, problems: [bad('courier/api=web:')] },
    ],
    ['8443 9443', 'names one place', { at: { port: 8443 }, problems: [extra('9443')] }],
    [
      'courier/api=8443 courier/api=9443',
      'names one place for a secret',
      { at: { port: 8443 }, problems: [extra('courier/api=9443')] },
    ],
  ])('%j %s', (value, _, wish) => {
    const tags = value === undefined ? {} : { 'courier:probe': value };
    expect(readProbe(tags, secret)).toEqual(wish);
  });

  it('divides at the last equals sign, for the names of secrets may have some', () => {
    expect(readProbe({ 'courier:probe': 'courier/a=b=8443' }, 'courier/a=b').at).toEqual({ port: 8443 });
  });
});

it.each([
  ['api.example.com', 'api.example.com'],
  ['*.example.com', 'probe.example.com'],
])('asks for the name %s as %s', (name, asked) => {
  expect(serverName(name)).toBe(asked);
});

const [old, current] = ['0a'.padStart(40, '0'), '0b'.padStart(40, '0')];
it.each([
  ['serves where it shows the expected leaf', { serial: current }, { is: 'serving' }],
  ['serves another leaf where it shows one', { serial: old }, { is: 'another leaf', serial: old }],
  [
    'is silent where the handshake failed',
    { error: 'it closed the connection', during: 'handshake' as const },
    { is: 'silent', error: 'it closed the connection', during: 'handshake' },
  ],
  [
    'is silent where the probe said nothing',
    undefined,
    { is: 'silent', error: 'the probe did not say what it saw', during: 'connect' },
  ],
])('a task %s', (_, shown, verdict) => {
  expect(probeVerdict(shown, current)).toEqual(verdict);
});
