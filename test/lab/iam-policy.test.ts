import { describe, expect, it } from 'vitest';
import { type AccessRequest, decide, type Statement, statementsOf } from '../../lab/iam-policy.ts';

const certificate = 'arn:aws:acm:us-east-1:111122223333:certificate/1';
const allow = (more: Partial<Statement> = {}): Statement => ({
  Effect: 'Allow',
  Action: 'acm:ExportCertificate',
  Resource: certificate,
  ...more,
});
const asked = (more: Partial<AccessRequest> = {}): AccessRequest => ({
  action: 'acm:ExportCertificate',
  resource: certificate,
  context: {},
  ...more,
});
const allowed = (statements: readonly Statement[], request: AccessRequest) => decide(statements, request).allowed;

describe('a statement allows', () => {
  it.each<[string, Partial<Statement>, boolean]>([
    ['its action on its resource', {}, true],
    ['an action in any case', { Action: 'ACM:exportcertificate' }, true],
    ['one of several actions', { Action: ['acm:ListCertificates', 'acm:ExportCertificate'] }, true],
    ['actions by a pattern', { Action: 'acm:Export*' }, true],
    ['no other action', { Action: 'acm:ExportCertificates' }, false],
    ['resources by a pattern', { Resource: 'arn:aws:acm:us-east-1:111122223333:certificate/*' }, true],
    ['everything', { Action: '*', Resource: '*' }, true],
    ['a resource with a wildcard for its region', { Resource: 'arn:aws:acm:*:111122223333:certificate/1' }, true],
    ['no resource by a wildcard that would have to stand for a colon', { Resource: 'arn:aws:*:certificate/1' }, false],
    ['no resource that only begins so', { Resource: certificate.slice(0, -1) }, false],
    ['nothing of another account', { Resource: 'arn:aws:acm:us-east-1:444455556666:certificate/*' }, false],
  ])('%s', (_, statement, expected) => {
    expect(allowed([allow(statement)], asked())).toBe(expected);
  });

  it('nothing by a pattern with fewer parts than an ARN', () => {
    const request = { action: 'x:Y', resource: 'arn:aws:s3:::bucket', context: {} };
    expect(allowed([allow({ Action: 'x:Y', Resource: 'arn:aws:s3:*' })], request)).toBe(false);
    expect(allowed([allow({ Action: 'x:Y', Resource: 'arn:aws:s3:::*' })], request)).toBe(true);
  });

  it('a name with colons by the last wildcard of an ARN', () => {
    const statement = allow({
      Action: 'x:Y',
      Resource: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:courier/*',
    });
    const resource = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:courier/a:b-AbCdEf';
    expect(allowed([statement], { action: 'x:Y', resource, context: {} })).toBe(true);
  });
});

describe('conditions', () => {
  const context = { 'aws:resourcetag/courier:secret': ['courier/api'], 'aws:tagkeys': ['courier:owner', 'team'] };
  const tag = 'aws:ResourceTag/courier:secret';
  it.each<[string, NonNullable<Statement['Condition']>, boolean]>([
    ['Null false: the key is there', { Null: { [tag]: 'false' } }, true],
    ['Null false, as a boolean', { Null: { [tag]: false } }, true],
    ['Null false: the key is absent', { Null: { 'aws:ResourceTag/other': 'false' } }, false],
    ['Null true: the key is absent', { Null: { 'aws:ResourceTag/other': 'true' } }, true],
    ['Null true: the key is there', { Null: { [tag]: 'true' } }, false],
    ['StringEquals one of several', { StringEquals: { [tag]: ['x', 'courier/api'] } }, true],
    ['StringEquals in another case', { StringEquals: { [tag]: 'Courier/api' } }, false],
    ['StringEqualsIgnoreCase', { StringEqualsIgnoreCase: { [tag]: 'Courier/API' } }, true],
    ['StringEquals of an absent key', { StringEquals: { absent: 'x' } }, false],
    ['StringEqualsIfExists of an absent key', { StringEqualsIfExists: { absent: 'x' } }, true],
    ['StringNotEquals of an absent key', { StringNotEquals: { absent: 'x' } }, true],
    ['StringNotEquals of the same', { StringNotEquals: { [tag]: ['x', 'courier/api'] } }, false],
    ['StringLike', { StringLike: { [tag]: 'courier/*' } }, true],
    ['StringLike with one character', { StringLike: { [tag]: 'courier/ap?' } }, true],
    ['StringNotLike', { StringNotLike: { [tag]: 'courier/*' } }, false],
    ['two keys, of which one does not hold', { StringLike: { [tag]: 'courier/*', absent: '*' } }, false],
    ['two operators, of which one does not hold', { StringLike: { [tag]: '*' }, Bool: { absent: 'true' } }, false],
    ['ForAnyValue: one of the request’s values', { 'ForAnyValue:StringLike': { 'aws:TagKeys': 'courier:*' } }, true],
    ['ForAllValues: all of them', { 'ForAllValues:StringLike': { 'aws:TagKeys': 'courier:*' } }, false],
    ['ForAllValues of an absent key', { 'ForAllValues:StringLike': { absent: 'x' } }, true],
    ['ForAnyValue of an absent key', { 'ForAnyValue:StringLike': { absent: '*' } }, false],
  ])('%s', (_, Condition, expected) => {
    expect(allowed([allow({ Condition })], asked({ context }))).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ['arn:aws:ecs:us-east-1:111122223333:cluster/prod', 'arn:aws:ecs:*:*:cluster/*', true],
    ['arn:aws:ecs:us-east-1:111122223333:cluster/prod', 'arn:aws:ecs:*:cluster/*', false],
  ])('ArnLike and ArnEquals compare %s with %s part by part', (value, pattern, expected) => {
    for (const operator of ['ArnLike', 'ArnEquals']) {
      const Condition = { [operator]: { 'ecs:cluster': pattern } };
      expect(allowed([allow({ Condition })], asked({ context: { 'ecs:cluster': [value] } }))).toBe(expected);
    }
  });
});

describe('a decision', () => {
  it('is a denial where nothing allows', () => {
    expect(decide([], asked())).toEqual({
      allowed: false,
      why: 'because no identity-based policy allows the acm:ExportCertificate action',
    });
  });

  it('is a denial where one statement denies, whatever others allow', () => {
    expect(decide([allow(), allow({ Effect: 'Deny' })], asked())).toEqual({
      allowed: false,
      why: 'with an explicit deny in an identity-based policy',
    });
  });

  it('names the statement, and in it the action and the resource, that allowed', () => {
    const statement = allow({ Action: ['acm:Renew*', 'acm:Export*'], Resource: ['x', '*'] });
    expect(decide([statement], asked())).toEqual({
      allowed: true,
      by: { statement, action: 'acm:Export*', resource: '*' },
    });
  });
});

describe('a policy is refused, not half evaluated, with', () => {
  it.each([
    ['NotAction', { Effect: 'Allow', NotAction: 'x', Resource: '*' }, 'The lab evaluates no NotAction in policies'],
    ['Principal', { ...allow(), Principal: '*' }, 'The lab evaluates no Principal in policies'],
    ['no resource', { Effect: 'Allow', Action: 'x' }, 'A statement of a role needs Action and Resource'],
    ['an unknown effect', allow({ Effect: 'allow' as 'Allow' }), '"allow" is no effect of a statement'],
    [
      'a date',
      allow({ Condition: { DateLessThan: { 'aws:CurrentTime': 'x' } } }),
      'no condition operator "DateLessThan"',
    ],
    ['a variable', allow({ Resource: `arn:aws:x:::\${aws:username}` }), 'The lab evaluates no variables in policies'],
  ])('%s', (_, statement, sentence) => {
    expect(() => statementsOf({ Statement: [statement as Statement] })).toThrow(sentence);
  });
});
