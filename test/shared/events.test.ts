import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAvailable, readLabelUpdated } from '../../shared/events/bus-event.ts';
import { readConcern, readMessage, readQueued } from '../../shared/events/queued.ts';
import { Unreadable } from '../../shared/events/read.ts';
import { readEnded, readExpiring, readTrouble } from '../../shared/events/renewal-event.ts';
import { readOutcome } from '../../shared/events/worker-answer.ts';
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
  }, 60_000);
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
      { id: 'm', receiptHandle: 'r', body: '{"not":"read yet', sentAt: 1_790_000_000, attempt: 1 },
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

describe('what says that a certificate may be in trouble', () => {
  const expiring = {
    ...available,
    'detail-type': 'ACM Certificate Approaching Expiration',
    detail: { DaysToExpiry: 30, CommonName: 'api.example.com' },
  };
  const blocked = {
    ...available,
    'detail-type': 'ACM Certificate Renewal Action Required',
    detail: { CommonName: 'api.example.com', DaysToExpiry: 15, RenewalStatusReason: 'CAA_ERROR', InUse: false },
  };
  const ended = (detailType: string) => ({ ...available, 'detail-type': detailType, detail: {} });
  const authority = {
    ...available,
    source: 'aws.acm-pca',
    'detail-type': 'ACM Private CA Certificate Issuance',
    resources: ['arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566'],
    detail: { result: 'failure' },
  };
  const health = {
    ...available,
    source: 'aws.health',
    'detail-type': 'AWS Health Event',
    resources: [arn],
    detail: { service: 'ACM', eventTypeCode: 'CAA_CHECK_FAILURE', affectedEntities: [{ entityValue: arn }] },
  };
  const cause = available.id;
  const concerning = (...concerns: object[]) => ({ is: 'concerns', concerns });

  it('is a concern, with the words that the event has for it', () => {
    const name = 'api.example.com';
    expect(readExpiring(expiring, home)).toEqual(
      concerning({ certificateArn: arn, cause, about: 'expiring', name, days: 30 }),
    );
    expect(readTrouble(blocked, home)).toEqual(
      concerning({ certificateArn: arn, cause, about: 'blocked', name, days: 15, reason: 'CAA_ERROR' }),
    );
  });

  it.each([
    ['ACM Certificate Expired', 'expired'],
    ['ACM Certificate Revoked', 'revoked'],
    ['ACM Certificate Revoked By CA', 'revoked'],
  ])('%s is a concern about one that is %s', (detailType, about) =>
    expect(readEnded(ended(detailType), home)).toEqual(concerning({ certificateArn: arn, cause, about })),
  );

  it.each([
    ['an empty detail', {}],
    ['no detail', undefined],
    ['members of other types', { DaysToExpiry: '30', CommonName: null, RenewalStatusReason: ['CAA_ERROR'] }],
  ])('is not lost for %s', (_, detail) => {
    const bare = { certificateArn: arn, cause };
    expect(readExpiring({ ...expiring, detail }, home)).toEqual(concerning({ ...bare, about: 'expiring' }));
    expect(readTrouble({ ...blocked, detail }, home)).toEqual(concerning({ ...bare, about: 'blocked' }));
  });

  it('is one hint for each of our certificates that AWS Health names', () => {
    const elsewhere = arn.replace('us-east-1', 'eu-west-1');
    const affectedEntities = [elsewhere, arn, 'UNKNOWN'].map((entityValue) => ({ entityValue, status: 'IMPAIRED' }));
    const of = (more: object) => ({ ...health, resources: undefined, detail: { ...health.detail, ...more } });
    const hint = (said: string) =>
      concerning({ certificateArn: arn, cause: `${said}-0a1b2c3d-0000-4000-8000-1234567890ab`, about: 'hint' });
    expect(readTrouble(of({ affectedEntities }), home)).toEqual(hint(cause));
    // However often AWS Health sends it, it is one.
    expect(readTrouble(of({ affectedEntities, communicationId: 'b7d1', statusCode: 'open' }), home)).toEqual(
      hint('b7d1'),
    );
  });

  it('may be any that ACM is renewing where a private CA did not issue', () => {
    const { source, 'detail-type': detailType, resources } = authority;
    expect(readTrouble(authority, home)).toEqual({
      is: 'issuance failure',
      id: cause,
      parked: { is: 'parked', source, detailType, resources },
    });
  });

  it.each([
    ['ACM Certificate Rotated', { 'detail-type': 'ACM Certificate Rotated', detail: {} }],
    ['an event that ACM adds', { 'detail-type': 'ACM Certificate Pondered', resources: null, detail: null }],
    ['an authority that did issue', { ...authority, detail: { result: 'success' } }],
    ['an authority whose CRL failed', { ...authority, 'detail-type': 'ACM Private CA CRL Generation' }],
    ['a Health event that is over', { ...health, detail: { ...health.detail, statusCode: 'closed' } }],
    ['a Health event that names nobody', { ...health, detail: { eventTypeCode: 'CAA_CHECK_FAILURE' } }],
    ['a Health event about something else', { ...health, detail: { ...health.detail, eventTypeCode: 'AWS_ACM_MORE' } }],
    [
      'a Health event about another account',
      { ...health, detail: { ...health.detail, affectedEntities: [{ entityValue: arn.replace('1111', '9999') }] } },
    ],
  ])('is parked where it is %s', (_, other) => {
    const { source, 'detail-type': detailType, resources, ...event } = { ...available, ...other };
    expect(readTrouble({ ...event, source, 'detail-type': detailType, resources }, home)).toEqual({
      is: 'parked',
      source,
      detailType,
      resources: resources ?? [],
    });
  });

  it.each([
    ['expiring', () => readExpiring(blocked, home)],
    ['ended', () => readEnded(expiring, home)],
    ['ended, of another source', () => readEnded({ ...ended('ACM Certificate Expired'), source: 'x' }, home)],
    ['in trouble, of another source', () => readTrouble({ ...blocked, source: 'com.example' }, home)],
    [
      'expiring, elsewhere',
      () => readExpiring({ ...expiring, resources: [arn.replace('us-east-1', 'eu-west-1')] }, home),
    ],
  ])('is skipped where it is not one that is %s', (_, reading) => expect(reading()).toMatchObject({ is: 'skip' }));

  it.each([
    ['no certificate', { resources: [] }],
    ['no id', { id: '' }],
  ])('is refused with %s', (_, other) => {
    expect(() => readExpiring({ ...expiring, ...other }, home)).toThrow(Unreadable);
    expect(() => readTrouble({ ...blocked, ...other }, home)).toThrow(Unreadable);
    expect(() => readEnded({ ...ended('ACM Certificate Expired'), ...other }, home)).toThrow(Unreadable);
  });

  it('comes out of the queue as it went in, and nothing else does', () => {
    const concern = {
      certificateArn: arn,
      cause,
      about: 'blocked',
      name: 'api.example.com',
      days: 15,
      reason: 'OTHER',
    };
    expect(readConcern(JSON.parse(JSON.stringify(concern)))).toEqual(concern);
    expect(() => readConcern({ certificateArn: arn, cause, about: 'weather' })).toThrow(Unreadable);
    expect(() => readConcern({ certificateArn: arn, cause })).toThrow(Unreadable);
  });
});
