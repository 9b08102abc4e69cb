import { describe, expect, it } from 'vitest';
import { keptMembers } from '../../../shared/domain/form.ts';

describe('what a secret that was handed over holds for others', () => {
  const members = {
    username: 'app',
    port: 5432,
    tlsCert: '-----BEGIN CERTIFICATE-----',
    privateKey: 'x',
    keystore: 'y',
  };

  it('is kept, except under the keys of any format', () =>
    expect(keptMembers(members, { ours: false })).toEqual({
      username: 'app',
      port: 5432,
      tlsCert: '-----BEGIN CERTIFICATE-----',
    }));

  it('is no PEM once we have written it: a key renamed since would stay behind', () =>
    expect(keptMembers(members, { ours: true })).toEqual({ username: 'app', port: 5432 }));
});
