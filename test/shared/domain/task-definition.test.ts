import { describe, expect, it } from 'vitest';
import {
  followedSecrets,
  follows,
  mutableImages,
  readingsOf,
  readsStage,
} from '../../../shared/domain/task-definition.ts';

const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:courier/api';

describe('a task definition reads the next version of a secret', () => {
  const wanted = { secret: 'courier/api', stage: 'COURIER_NEXT' };
  it.each([
    ['by the full ARN', `${arn}-AbC123:certificate:COURIER_NEXT:`, true],
    ['by the ARN without its six characters', `${arn}:certificate:COURIER_NEXT:`, true],
    ['the whole of it', `${arn}-AbC123::COURIER_NEXT:`, true],
    ['not by its current version', `${arn}-AbC123:certificate::`, false],
    ['not by the name alone', 'courier/api', false],
    ['not of a secret whose name goes on', `${arn}-canary-AbC123:certificate:COURIER_NEXT:`, false],
    ['not of a secret whose name is a part', `${arn.slice(0, -1)}-AbC123:certificate:COURIER_NEXT:`, false],
    ['not from Systems Manager', 'arn:aws:ssm:us-east-1:111122223333:parameter:courier/api::COURIER_NEXT:', false],
  ])('%s', (_, valueFrom, expected) =>
    expect(readsStage({ images: [], valuesFrom: ['arn:aws:ssm:x', valueFrom] }, wanted)).toBe(expected),
  );
});

describe('a task definition reads, of ours', () => {
  const ours = new Set(['courier/api', 'courier/api-canary', 'courier/login']);
  const login = arn.replace('courier/api', 'courier/login-AbC123');
  it.each<[string, { valuesFrom?: string[]; logins?: string[] }, object[]]>([
    ['nothing', { valuesFrom: [] }, []],
    ['what it names by its full ARN', { valuesFrom: [`${arn}-AbC123:certificate::`] }, [['courier/api', false]]],
    ['what it names by its partial ARN', { valuesFrom: [arn] }, [['courier/api', false]]],
    ['a stage of it', { valuesFrom: [`${arn}-AbC123::AWSPREVIOUS:`] }, [['courier/api', false]]],
    ['one version, for ever', { valuesFrom: [`${arn}-AbC123:certificate::5f8a`] }, [['courier/api', true]]],
    [
      'each once, pinned where one container is',
      { valuesFrom: [`${arn}-AbC123:certificate::`, `${arn}-AbC123:privateKey::5f8a`] },
      [['courier/api', true]],
    ],
    ['a name that ends like an ARN, as that', { valuesFrom: [`${arn}-canary`] }, [['courier/api-canary', false]]],
    ['none of another name', { valuesFrom: [`${arn}-internal-AbC123`] }, []],
    ['no parameter of Systems Manager', { valuesFrom: ['courier/api', 'arn:aws:ssm:x:1:parameter/courier/api'] }, []],
    ['the login of a registry, by name', { logins: ['courier/login'] }, [['courier/login', false]]],
    ['the login of a registry, by ARN', { logins: [login] }, [['courier/login', false]]],
  ])('%s', (_, { valuesFrom = [], logins = [] }, expected) => {
    const readings = readingsOf({ images: [], valuesFrom, logins }, ours);
    expect(readings.map(({ secret, pinned }) => [secret, pinned])).toEqual(expected);
  });
});

describe('a restart brings a task another version of a secret', () => {
  it.each<[string, { valuesFrom?: string[]; logins?: string[] }, boolean]>([
    ['that it reads whole', { valuesFrom: [`${arn}-AbC123`] }, true],
    ['of which it reads a key', { valuesFrom: [`${arn}-AbC123:certificate::`] }, true],
    ['of which it names the current version', { valuesFrom: [`${arn}:certificate:AWSCURRENT:`] }, true],
    ['of which it reads the next version', { valuesFrom: [`${arn}:certificate:COURIER_NEXT:`] }, true],
    ['of which it reads the version before', { valuesFrom: [`${arn}:certificate:AWSPREVIOUS:`] }, true],
    ['that is its registry’s login', { logins: ['courier/api'] }, true],
    ['not where it names a version', { valuesFrom: [`${arn}:certificate::5f8a`] }, false],
    ['not where it does so in part', { valuesFrom: [`${arn}:privateKey::5f8a`, `${arn}:certificate::`] }, false],
    ['not by a label of others', { valuesFrom: [`${arn}:certificate:BLESSED:`] }, false],
    ['also by a label of others', { valuesFrom: [`${arn}::BLESSED:`, `${arn}:certificate::`] }, true],
    ['not of another secret', { valuesFrom: [`${arn}-internal-AbC123:certificate::`] }, false],
  ])('%s', (_, { valuesFrom = [], logins = [] }, expected) => {
    const definition = { images: [], valuesFrom, logins };
    expect(follows(definition, 'courier/api')).toBe(expected);
    expect(followedSecrets(definition, 'courier/').includes('courier/api')).toBe(expected);
    expect(followedSecrets(definition, 'tls/')).toEqual([]);
  });

  it('by whichever name its ARN may mean', () => {
    const names = followedSecrets({ images: [], valuesFrom: [`${arn}-canary`] }, 'courier/');
    expect(names).toEqual(['courier/api-canary', 'courier/api']);
  });
});

it('an image is named where its digest is not: by a tag, and by nothing', () => {
  const digest = `web@sha256:${'0'.repeat(64)}`;
  expect(mutableImages({ valuesFrom: [], images: [digest, 'web:1', `web:1@${digest.slice(4)}`, 'web'] })).toEqual([
    'web:1',
    'web',
  ]);
});
