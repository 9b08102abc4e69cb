import { expect, it } from 'vitest';
import { nearName } from '../../../shared/domain/near-name.ts';

it.each([
  ['one letter is another', 'courier/apj', 'courier/api'],
  ['two letters are swapped', 'courier/pai', 'courier/api'],
  ['two letters are missing', 'courier/payent', 'courier/payment'],
  ['the folder is another', 'shop/payment', 'courier/payment'],
  ['two letters of three are others', 'courier/abc', undefined],
  ['only its number is another', 'courier/node-2', undefined],
  ['it is quite another', 'elsewhere', undefined],
])('a name is near where %s: %s', (_, wanted, near) => {
  expect(nearName(wanted, ['courier/api', 'courier/payment', 'courier/node-1'])).toBe(near);
});

it('the nearest of several is meant', () => {
  expect(nearName('courier/tls', ['courier/tlas', 'courier/tols2', 'tls'])).toBe('tls');
});
