import { expect, it } from 'vitest';
import { readPhysicalId, writePhysicalId } from '../../../shared/domain/physical-id.ts';
import { arn } from './sample.ts';

it.each([true, false])('says which certificate is in which secret, and whether it made it: %s', (made) => {
  const held = { certificateArn: arn, secret: 'courier/api', made };
  expect(readPhysicalId(writePhysicalId(held))).toEqual(held);
});

it.each([
  ['nothing', ''],
  ['the id of a request', '5e1f9a40-5d3c-4a0a-8f0e-3a1f0c9d7b21'],
  ['an ARN alone', arn],
  ['another mark', `${arn} courier/api found`],
  ['more words', `${arn} courier/api made made`],
  ['a name first', `courier/api ${arn} made`],
])('stands for nothing where it is %s', (_, id) => expect(readPhysicalId(id)).toBeNull());
