import { describe, expect, it } from 'vitest';
import { nonceOf } from '../../shared/domain/version-id.ts';
import { acceptedRequest, readRequest } from '../../shared/events/re-export-request.ts';
import { arn } from './domain/sample.ts';

const read = (value: unknown) => readRequest(value, { requestId: 'call-1' });
const plain = { dryRun: false, wait: false, asked: { thorough: true }, requestId: 'call-1' };

describe('a request to re-export', () => {
  it.each([
    ['an ARN', { certificateArn: arn }, { which: { by: 'certificateArn', value: arn } }],
    ['a domain name', { domainName: 'api.example.com' }, { which: { by: 'domainName', value: 'api.example.com' } }],
    ['a wildcard', { domainName: '*.example.com' }, { which: { by: 'domainName', value: '*.example.com' } }],
    [
      'a name of 253 characters',
      { domainName: 'n'.repeat(253) },
      { which: { by: 'domainName', value: 'n'.repeat(253) } },
    ],
    ['a secret', { secret: 'courier/api' }, { which: { by: 'secret', value: 'courier/api' } }],
    ['all', { all: true }, { which: { by: 'all' } }],
    ['a part of all', { all: true, after: arn, atMost: 25 }, { which: { by: 'all', after: arn, atMost: 25 } }],
    [
      'to go back and be followed',
      { secret: 'a', rollBack: true, wait: true },
      { which: { by: 'secret', value: 'a' }, wait: true, asked: { thorough: true, rollBack: true } },
    ],
    ['a plan of all', { all: true, dryRun: true }, { which: { by: 'all' }, dryRun: true }],
    ['to be followed', { secret: 'a', wait: true }, { which: { by: 'secret', value: 'a' }, wait: true }],
    [
      'to be accepted',
      { secret: 'a', accept: true },
      { which: { by: 'secret', value: 'a' }, asked: { thorough: true, accept: true } },
    ],
    [
      'to go back',
      { secret: 'a', rollBack: true },
      { which: { by: 'secret', value: 'a' }, asked: { thorough: true, rollBack: true } },
    ],
    [
      'to be forced, with the nonce of the call',
      { secret: 'a', force: true },
      { which: { by: 'secret', value: 'a' }, asked: { thorough: true, force: nonceOf('call-1') } },
    ],
    [
      'to be forced, with the nonce of its own id',
      { secret: 'a', force: true, requestId: 'mine' },
      { which: { by: 'secret', value: 'a' }, asked: { thorough: true, force: nonceOf('mine') }, requestId: 'mine' },
    ],
    [
      'a plan of what force would do',
      { secret: 'a', force: true, dryRun: true },
      { which: { by: 'secret', value: 'a' }, dryRun: true, asked: { thorough: true, force: nonceOf('call-1') } },
    ],
    ['options that are off', { all: true, wait: false, force: false, accept: false }, { which: { by: 'all' } }],
  ])('is read with %s', (_, value, request) => expect(read(value)).toEqual({ ...plain, ...request }));

  it.each([
    ['nothing', {}, 'it names nothing to export'],
    ['options alone', { dryRun: true }, 'it names nothing to export'],
    ['two at once', { certificateArn: arn, secret: 'a' }, 'it names both certificateArn and secret'],
    ['a part of one', { secret: 'a', atMost: 1 }, 'after and atMost go with all only'],
    ['a part of nothing', { all: true, atMost: 0 }, expect.stringContaining('"atMost"')],
    ['all and one', { all: true, secret: 'a' }, 'it names both secret and all'],
    ['all that is false', { all: false }, '"all" can only be true'],
    [
      'all to be waited for',
      { all: true, wait: true },
      'wait, force, accept and rollBack go with one certificate, not with all',
    ],
    [
      'all by force',
      { all: true, force: true },
      'wait, force, accept and rollBack go with one certificate, not with all',
    ],
    [
      'all to be accepted',
      { all: true, accept: true },
      'wait, force, accept and rollBack go with one certificate, not with all',
    ],
    [
      'a plan to be waited for',
      { secret: 'a', dryRun: true, wait: true },
      'dryRun does nothing that could be waited for',
    ],
    [
      'to go back by force',
      { secret: 'a', rollBack: true, force: true },
      'rollBack goes with neither force nor accept',
    ],
    [
      'force and accept',
      { secret: 'a', force: true, accept: true },
      'force exports again and accept takes what is there: choose one',
    ],
    ['a mistyped member', { certificateARN: arn }, '"certificateARN" is not known'],
    ['an empty secret', { secret: '' }, '"secret" is not accepted'],
    ['an empty name', { domainName: '' }, '"domainName" is not accepted'],
    ['a name of 254 characters', { domainName: 'n'.repeat(254) }, '"domainName" is not accepted'],
    [
      'an ARN of another service',
      { certificateArn: 'arn:aws:s3:::bucket' },
      '"certificateArn" does not have the right form',
    ],
    ['an ARN that is a number', { certificateArn: 7 }, '"certificateArn" must be of type string'],
    ['dryRun as text', { all: true, dryRun: 'true' }, '"dryRun" must be of type boolean'],
    ['an id with a space', { all: true, requestId: 'a b' }, '"requestId" does not have the right form'],
    ['an id of 81 characters', { all: true, requestId: 'i'.repeat(81) }, '"requestId" does not have the right form'],
    ['a list', [], 'it must be of type object'],
    ['text', 'all', 'it must be of type object'],
    ['nothing at all', null, 'it must be of type object'],
  ])('is refused with %s', (_, value, wrong) => expect(read(value)).toEqual({ wrong }));

  it('is told in examples that are themselves accepted', () => {
    const examples = acceptedRequest.match(/\{[^}]*\}/g) ?? [];
    expect(examples).toHaveLength(4);
    for (const example of examples)
      expect(read(JSON.parse(example.replace('arn:aws:acm:…', arn)))).not.toHaveProperty('wrong');
  });
});
