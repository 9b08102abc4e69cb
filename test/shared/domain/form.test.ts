import { describe, expect, it } from 'vitest';
import { type Form, keptMembers, keysBeside, readKeys } from '../../../shared/domain/form.ts';

const keystore: Form = { format: 'keystore' };
const list = { 'courier:keys': ['tlsStore', 'tlsPassword'] };

describe('what a secret that was handed over holds for others', () => {
  it.each([
    [
      'whatever it is, at first',
      { username: 'app', port: 5432, privateKey: 'x', pem: '-----BEGIN X-----' },
      'somebody',
    ],
    ['even with our names, where they are empty', { username: 'app', password: '', keystore: null }, 'somebody'],
  ] as const)('is kept: %s', (_, members, writer) =>
    expect(keptMembers(members, { form: keystore, writer })).toEqual({ kept: members }),
  );

  it.each([
    ['what the list names, and no other', { ...list, tlsStore: 'x', tlsPassword: 'y', pem: '-----BEGIN X-----' }],
    ['nor where somebody has edited it since', { ...list, tlsStore: 'x', pem: '-----BEGIN X-----' }],
  ])('is ours, and goes: %s', (_, members) => {
    for (const writer of ['acm-courier', 'somebody'] as const)
      expect(keptMembers(members, { form: keystore, writer })).toEqual({ kept: { pem: '-----BEGIN X-----' } });
  });

  it('is ours as a whole where we wrote it without a list', () =>
    expect(keptMembers({ certificate: 'x' }, { form: keystore, writer: 'acm-courier' })).toEqual({ kept: {} }));

  it('is ours under our names where somebody edited what we wrote', () =>
    expect(
      keptMembers({ keystore: 'x', password: 'y', added: 1 }, { form: keystore, writer: 'somebody after acm-courier' }),
    ).toEqual({ kept: { added: 1 } }));

  it.each([
    ['at first', { username: 'app', password: 'hunter2' }, 'somebody', ['password']],
    ['of whatever type', { password: 0, truststore: false }, 'somebody', ['password', 'truststore']],
    ['when our keys are renamed to it', { ...list, tlsStore: 'x', password: 'hunter2' }, 'acm-courier', ['password']],
    ['under the name of our list', { 'courier:keys': 'mine' }, 'somebody', ['courier:keys']],
  ] as const)('is named where it has a name that we need: %s', (_, members, writer, taken) =>
    expect(keptMembers(members, { form: keystore, writer })).toEqual({ taken }),
  );
});

it('keys get other names beside what the tag says already', () => {
  const form: Form = { format: 'keystore', keys: { keystore: 'ks', password: 'pw' } };
  const tag = 'certificate=crt keystore=ks password=pw';
  expect(keysBeside(['pw', 'truststore'], { form, tag })).toBe(
    'certificate=crt keystore=ks truststore=courierTruststore password=courierPassword',
  );
});

it('a name that JavaScript takes for something else is refused', () =>
  expect(readKeys(['certificate=__proto__'], 'kafka')).toEqual({ wrong: 'certificate=__proto__' }));
