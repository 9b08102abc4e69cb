import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Unreadable } from '../../shared/events/read.ts';
import { readDeliveredCertificate, readStackRequest, wantsDeletion } from '../../shared/events/stack-request.ts';
import { arn } from './domain/sample.ts';

const request = {
  RequestType: 'Create',
  ResponseURL: 'https://example.com/answer',
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Delivered',
  ResourceProperties: { CertificateArn: arn, SecretName: 'courier/api' },
};

it('a request is read as it is, and what CloudFormation adds one day is ignored', () => {
  expect(readStackRequest({ ...request, ResourceType: 'Custom::DeliveredCertificate', Future: 1 })).toEqual(request);
});

it.each([
  ['no URL', { ResponseURL: undefined }],
  ['an empty URL', { ResponseURL: '' }],
  ['another type of request', { RequestType: 'Read' }],
  ['no stack', { StackId: undefined }],
])('a request with %s cannot be answered, and is kept as unreadable', (_, other) => {
  expect(() => readStackRequest({ ...request, ...other })).toThrow(Unreadable);
});

it.each([
  ['none', undefined],
  ['a text', 'x'],
  ['a list', ['x']],
])('properties that are %s can be answered all the same', (_, ResourceProperties) => {
  const { ResourceProperties: read } = readStackRequest({ ...request, ResourceProperties });
  expect(readDeliveredCertificate(read)).toEqual({
    wrong: expect.stringContaining('"CertificateArn" must be of type string'),
  });
});

const named = { CertificateArn: arn, SecretName: 'courier/api' };
const read = { certificateArn: arn, secret: 'courier/api' };

it.each([
  ['the least', named, read],
  [
    'all',
    { ...named, ServiceToken: 'x', ServiceTimeout: '300', Format: 'plain', DeleteSecret: 'false' },
    { ...read, format: 'plain' },
  ],
  [
    'another word than true or false',
    { ...named, DeleteSecret: 'yes' },
    { wrong: expect.stringContaining('"DeleteSecret"') },
  ],
  [
    'no ARN of a certificate',
    { ...named, CertificateArn: 'x' },
    { wrong: '"CertificateArn" does not have the right form' },
  ],
  ['an empty name', { ...named, SecretName: '' }, { wrong: expect.stringContaining('"SecretName"') }],
  ['a misspelt name', { ...named, SecretNme: 'x' }, { wrong: '"SecretNme" is not known' }],
])('properties with %s', (_, properties, wanted) => expect(readDeliveredCertificate(properties)).toEqual(wanted));

it('what is wrong is said without its value', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 12 }), (value) => {
      const answer = readDeliveredCertificate({ ...named, CertificateArn: value, DeleteSecret: value });
      expect(JSON.stringify(answer)).not.toContain(JSON.stringify(value).slice(1, -1));
    }),
  );
}, 60_000);

it.each([
  [{ DeleteSecret: 'true' }, true],
  [{ DeleteSecret: 'true', CertificateArn: 1, Whatever: {} }, true],
  [{ DeleteSecret: 'false' }, false],
  [{ DeleteSecret: true }, true],
  [{ DeleteSecret: false }, false],
  [{}, false],
  ['true', false],
])('a secret goes with its resource where these properties say so: %j → %s', (properties, wanted) =>
  expect(wantsDeletion(properties)).toBe(wanted),
);
