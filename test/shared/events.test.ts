import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readAvailable,
  readLabelUpdated,
  readMessage,
  readOutcome,
  readQueued,
  Unreadable,
} from '../../shared/events.ts';
import { arn } from './domain/sample.ts';

const home = { region: 'us-east-1', account: '111122223333' };
const available = {
  version: '0',
  id: 'c0ffee00-0000-4000-8000-000000000000',
  'detail-type': 'ACM Certificate Available',
  source: 'aws.acm',
  account: '111122223333',
  time: '2026-10-01T00:00:00Z',
  region: 'us-east-1',
  resources: [arn],
  detail: { Action: 'RENEWAL', CertificateType: 'PRIVATE', CommonName: 'api.example.com', DaysToExpiry: 395 },
};
const changed = {
  ...available,
  'detail-type': 'Secret Label Updated',
  source: 'aws.secretsmanager',
  resources: ['arn:aws:secretsmanager:us-east-1:111122223333:secret:courier/api-AbCdEf'],
  detail: { name: 'courier/api', labelUpdated: 'AWSCURRENT', versionId: 'v' },
};
const read = (other: object) => readAvailable({ ...available, ...other }, home);
const readLabel = (other: object) => readLabelUpdated({ ...changed, ...other }, { prefix: 'courier/' });

/** What nobody may find in an error or a log. */
const canary = ['-----BEGIN', 'PRIVATE KEY-----'].join(' ');

describe('Certificate Available', () => {
  it('is read', () => {
    expect(read({})).toEqual({ is: 'available', id: available.id, certificateArn: arn, action: 'RENEWAL' });
  });

  it.each([
    ['members that AWS adds', { extra: [1], detail: { Action: 'RENEWAL', New: {} } }, 'RENEWAL'],
    ['absent optional members', { detail: { Action: 'ISSUANCE' } }, 'ISSUANCE'],
    ['an action that AWS adds', { detail: { Action: 'ROTATED' } }, 'ROTATED'],
    [
      'absurd values beside what is read',
      { time: 'yesterday', account: '', detail: { Action: 'RENEWAL', DaysToExpiry: -1e99 } },
      'RENEWAL',
    ],
    ['further resources', { resources: [arn, 'arn:aws:s3:::bucket'] }, 'RENEWAL'],
    ['an id of 128 characters', { id: 'i'.repeat(128) }, 'RENEWAL'],
  ])('is read with %s', (_, other, action) => expect(read(other)).toMatchObject({ is: 'available', action }));

  it('is read in any partition', () => {
    const chinese = arn.replace('arn:aws:', 'arn:aws-cn:');
    expect(read({ resources: [chinese] })).toMatchObject({ certificateArn: chinese });
  });

  it('is read from any account where the stack does not know its own', () => {
    expect(readAvailable(available, { region: 'us-east-1' }).is).toBe('available');
  });

  it.each([
    [
      'another source',
      { source: 'acm-courier' },
      '"ACM Certificate Available" from "acm-courier" is not "ACM Certificate Available" from "aws.acm"',
    ],
    [
      'another event of ACM',
      { 'detail-type': 'ACM Certificate Expired' },
      '"ACM Certificate Expired" from "aws.acm" is not "ACM Certificate Available" from "aws.acm"',
    ],
    [
      'another region',
      { resources: [arn.replace('us-east-1', 'eu-west-1')] },
      `"${arn.replace('us-east-1', 'eu-west-1')}" is in eu-west-1, this stack in us-east-1`,
    ],
    [
      'another account',
      { resources: [arn.replace('1111', '9999')] },
      `"${arn.replace('1111', '9999')}" belongs to another account`,
    ],
  ])('is skipped from %s', (_, other, why) => expect(read(other)).toEqual({ is: 'skip', why }));

  it('is skipped from elsewhere before its detail is looked at', () => {
    expect(read({ source: 'aws.s3', detail: null, resources: [] }).is).toBe('skip');
  });

  const noArn = 'Cannot read the event: "resources.0" is no ARN of a certificate';
  it.each([
    ['no id', { id: undefined }, 'Cannot read the event: "id" must be of type string'],
    ['an empty id', { id: '' }, 'Cannot read the event: "id" is not accepted'],
    ['an id of 129 characters', { id: 'i'.repeat(129) }, 'Cannot read the event: "id" is not accepted'],
    ['an id that is a number', { id: 7 }, 'Cannot read the event: "id" must be of type string'],
    ['no resources', { resources: undefined }, 'Cannot read the event: "resources" must be of type array'],
    ['a resource that is null', { resources: [null] }, 'Cannot read the event: "resources.0" must be of type string'],
    ['an empty list of resources', { resources: [] }, noArn],
    ['a resource of another service', { resources: ['arn:aws:s3:::bucket'] }, noArn],
    ['a resource with something before it', { resources: [` ${arn}`] }, noArn],
    ['a resource with a line behind it', { resources: [`${arn}\nx`] }, noArn],
    ['a resource with an account of eleven digits', { resources: [arn.replace('1111', '111')] }, noArn],
    ['a resource that holds a key', { resources: [canary] }, noArn],
    ['no detail', { detail: undefined }, 'Cannot read the event: "detail" must be of type object'],
    ['a detail that is a list', { detail: ['RENEWAL'] }, 'Cannot read the event: "detail" must be of type object'],
    ['no action', { detail: {} }, 'Cannot read the event: "detail.Action" must be of type string'],
    [
      'an action that is a list',
      { detail: { Action: ['RENEWAL'] } },
      'Cannot read the event: "detail.Action" must be of type string',
    ],
    [
      'two things wrong',
      { id: 7, region: null },
      'Cannot read the event: "id" must be of type string; "region" must be of type string',
    ],
  ])('is refused with %s', (_, other, message) => expect(() => read(other)).toThrow(new Unreadable(message)));

  it.each([null, undefined, 'text', 42, [], [available]])('is refused as %j', (value) => {
    expect(() => readAvailable(value, home)).toThrow(
      new Unreadable('Cannot read the event: it must be of type object'),
    );
  });

  it('is read, skipped or refused as Unreadable, whatever comes, and a value is never echoed', () => {
    const value = fc.oneof(fc.constant(canary), fc.jsonValue(), fc.constant({ [canary]: canary }));
    const members = fc.constantFrom('id', 'source', 'detail-type', 'region', 'resources', 'detail');
    fc.assert(
      fc.property(members, value, (member, absurd) => {
        if (['source', 'detail-type'].includes(member)) return;
        try {
          expect(['available', 'skip']).toContain(read({ [member]: absurd }).is);
        } catch (error) {
          expect(error).toBeInstanceOf(Unreadable);
          expect((error as Error).message).not.toContain(canary);
        }
      }),
    );
  });
});

describe('Secret Label Updated', () => {
  it('is read', () => expect(readLabel({})).toEqual({ is: 'label', id: available.id, secret: 'courier/api' }));

  it.each([
    [
      'another source',
      { source: 'aws.acm' },
      '"Secret Label Updated" from "aws.acm" is not "Secret Label Updated" from "aws.secretsmanager"',
    ],
    [
      'another label',
      { detail: { ...changed.detail, labelUpdated: 'COURIER_NEXT' } },
      'label COURIER_NEXT is not AWSCURRENT',
    ],
    [
      'a secret of somebody else',
      { detail: { ...changed.detail, name: 'db/password' } },
      'secret "db/password" is not below "courier/"',
    ],
    [
      'a secret whose name only begins alike',
      { detail: { ...changed.detail, name: 'courier-api' } },
      'secret "courier-api" is not below "courier/"',
    ],
  ])('is skipped for %s', (_, other, why) => expect(readLabel(other)).toEqual({ is: 'skip', why }));

  it.each([
    ['no name', { detail: { labelUpdated: 'AWSCURRENT' } }, '"detail.name" must be of type string'],
    ['a name that is a number', { detail: { ...changed.detail, name: 7 } }, '"detail.name" must be of type string'],
    ['no label', { detail: { name: 'courier/api' } }, '"detail.labelUpdated" must be of type string'],
    ['no detail', { detail: null }, '"detail" must be of type object'],
  ])('is refused with %s', (_, other, issue) =>
    expect(() => readLabel(other)).toThrow(new Unreadable(`Cannot read the event: ${issue}`)),
  );
});

describe('a message', () => {
  const message = { certificateArn: arn, cause: 'event-1' };

  it.each([
    ['the least', message],
    ['all that can be asked', { ...message, thorough: true, force: '0a1f', accept: false, until: 'current' }],
  ])('is read with %s', (_, value) => expect(readMessage(value)).toEqual(value));

  it('is read without what it does not know', () =>
    expect(readMessage({ ...message, extra: canary })).toEqual(message));

  it.each([
    ['no certificate', { cause: 'x' }, '"certificateArn" must be of type string'],
    ['what is no certificate', { ...message, certificateArn: canary }, '"certificateArn" does not have the right form'],
    ['no cause', { certificateArn: arn }, '"cause" must be of type string'],
    ['force that is true', { ...message, force: true }, '"force" must be of type string'],
    ['force of three digits', { ...message, force: 'abc' }, '"force" does not have the right form'],
    ['force in upper case', { ...message, force: 'ABCD' }, '"force" does not have the right form'],
    ['another until', { ...message, until: canary }, '"until" can only be current'],
  ])('is refused with %s', (_, value, issue) =>
    expect(() => readMessage(value)).toThrow(new Unreadable(`Cannot read the event: ${issue}`)),
  );
});

describe('what the queue hands over', () => {
  const record = {
    messageId: 'm',
    receiptHandle: 'r',
    body: '{"not":"read yet',
    attributes: { SentTimestamp: '1790000000999', ApproximateReceiveCount: '1' },
    eventSource: 'aws:sqs',
  };

  it('is read, with the second in which it was sent', () => {
    expect(readQueued({ Records: [record] })).toEqual([
      { id: 'm', receiptHandle: 'r', body: '{"not":"read yet', sentAt: 1_790_000_000 },
    ]);
  });

  it('may be nothing', () => expect(readQueued({ Records: [] })).toEqual([]));

  it.each([
    ['a message asked directly', { certificateArn: arn, cause: 'x' }],
    ['records of another service', { Records: [{ eventSource: 'aws:s3' }] }],
    ['nothing', null],
  ])('is not %s', (_, value) => expect(readQueued(value)).toBeNull());
});

describe('the worker’s answer', () => {
  const problem = { reason: 'KeyMismatch', message: 'm', hint: 'h' };
  it.each([
    [{ is: 'done', because: 'delivered' }],
    [{ is: 'again', seconds: 10, because: 'Throttled' }],
    [{ is: 'told', problem }],
  ])('%j is read', (value) => expect(readOutcome(value)).toEqual(value));

  it.each([
    [{ is: 'done' }],
    [{ is: 'again', because: 'Throttled' }],
    [{ is: 'told', problem: { reason: 'KeyMismatch' } }],
    [{ is: canary }],
    [null],
    [{ errorMessage: canary }],
  ])('%j is refused', (value) => {
    expect(() => readOutcome(value)).toThrow(Unreadable);
    expect(() => readOutcome(value)).not.toThrow(canary);
  });
});
