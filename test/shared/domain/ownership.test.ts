import { describe, expect, it } from 'vitest';
import { whyNotOurs } from '../../../shared/domain/ownership.ts';
import { sentenceOf } from '../../../shared/domain/reasons.ts';
import { arn, certificate, delivery, idOf, otherArn, present } from './sample.ts';

const why = (...secret: Parameters<typeof present>) => {
  const finding = whyNotOurs(present(...secret), { certificate, delivery });
  return finding && { reason: finding.reason, sentence: sentenceOf(finding) };
};
const foreign = '5f8a3c1e-7b2d-4e9f-a1b2-c3d4e5f60718';
const before = { serial: 'cd'.repeat(20) };
const cannot = 'Cannot store the certificate of "api.example.com" in secret "courier/api":';

describe('a secret is ours', () => {
  it.each([
    ['when it is empty', [{}]],
    ['when it is empty but for a label of nobody', [{ [foreign]: ['AWSPENDING'] }]],
    ['when its current version holds the present serial', [{ [idOf()]: ['AWSCURRENT'] }]],
    ['when its current version holds the serial before', [{ [idOf(before)]: ['AWSCURRENT'] }]],
    ['when its current version was exported by force', [{ [idOf({ ...before, nonce: 'beef' })]: ['AWSCURRENT'] }]],
    [
      'when a person handed it over, whatever it holds',
      [{ [foreign]: ['AWSCURRENT'] }, { 'courier:certificate': arn }],
    ],
    [
      'when a person handed it over from another certificate',
      [{ [idOf({ ...before, arn: otherArn })]: ['AWSCURRENT'] }, { 'courier:certificate': arn }],
    ],
    ['when a version put by hand is not the current one', [{ [idOf()]: ['AWSCURRENT'], [foreign]: ['AWSPREVIOUS'] }]],
    ['when the tag is there but empty', [{ [idOf()]: ['AWSCURRENT'] }, { 'courier:certificate': '' }]],
  ] as const)('%s', (_, secret) => expect(why(...(secret as unknown as Parameters<typeof present>))).toBeUndefined());
});

describe('a secret is not ours', () => {
  it.each([
    [
      'when its current version was put by somebody else',
      [{ [foreign]: ['AWSCURRENT'] }],
      'SecretNotOurs',
      `${cannot} its current version was not put there by acm-courier, and nothing says that it may be replaced`,
    ],
    [
      'when its current version holds another certificate',
      [{ [idOf({ ...before, arn: otherArn })]: ['AWSCURRENT'] }],
      'SecretOfAnotherCertificate',
      `${cannot} the secret belongs to the certificate with serial ${'cd'.repeat(20)}`,
    ],
    [
      'when a person handed it to another certificate, even while it is empty',
      [{}, { 'courier:certificate': otherArn }],
      'SecretOfAnotherCertificate',
      `${cannot} the secret belongs to certificate "${otherArn}"`,
    ],
    [
      'when a person handed it to another certificate, even while it holds ours',
      [{ [idOf()]: ['AWSCURRENT'] }, { 'courier:certificate': otherArn }],
      'SecretOfAnotherCertificate',
      `${cannot} the secret belongs to certificate "${otherArn}"`,
    ],
    [
      'when somebody put a version over ours',
      [{ [foreign]: ['AWSCURRENT'], [idOf()]: ['AWSPREVIOUS'] }],
      'VersionPutByHand',
      `Somebody put version "${foreign}" into secret "courier/api", which acm-courier fills; what it holds is unknown, so it is neither replaced nor rolled out, and every task that starts from now on reads it`,
    ],
    [
      'when somebody put a version over that of another certificate',
      [{ [foreign]: ['AWSCURRENT'], [idOf({ ...before, arn: otherArn })]: ['AWSPREVIOUS'] }],
      'SecretOfAnotherCertificate',
      `${cannot} the secret belongs to the certificate with serial ${'cd'.repeat(20)}`,
    ],
  ] as const)('%s', (_, secret, reason, sentence) =>
    expect(why(...(secret as unknown as Parameters<typeof present>))).toEqual({ reason, sentence }),
  );
});
