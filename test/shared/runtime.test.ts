import { afterEach, describe, expect, it, vi } from 'vitest';
import { base } from '../../shared/runtime.ts';

afterEach(() => vi.unstubAllEnvs());

const settingsWith = (minutes: string | undefined, prefix?: string) => {
  vi.stubEnv('FUNCTION_ARN_PREFIX', 'arn:aws:lambda:us-east-1:111122223333:function:acm-courier-prod-');
  vi.stubEnv('RUNBOOK_URL', 'https://example.com/runbook.md');
  vi.stubEnv('ROLLOUT_DEADLINE_MINUTES', minutes);
  vi.stubEnv('SECRET_PREFIX', prefix);
  return base().settings;
};

describe('the deadline of a rollout', () => {
  it.each([
    ['90', 5400],
    [undefined, 3600],
  ])('%s minutes', (minutes, seconds) => {
    expect(settingsWith(minutes).deadlineSeconds).toBe(seconds);
  });

  // Never late, or late at once: no function may start with it.
  it.each(['an hour', '', '0', '-5', '481', 'Infinity'])('is not "%s"', (minutes) => {
    expect(() => settingsWith(minutes)).toThrow(
      `Cannot start: the environment variable ROLLOUT_DEADLINE_MINUTES is "${minutes}", not a number of minutes up to 480`,
    );
  });
});

describe('the prefix of secrets', () => {
  it('is what the stack was given', () => expect(settingsWith('60', 'tls/').secretPrefix).toBe('tls/'));
  it('is nothing for a function that writes none', () => expect(settingsWith('60').secretPrefix).toBe(''));

  it.each(['prod', ''])('is not "%s", which would take in secrets of others', (prefix) => {
    expect(() => settingsWith('60', prefix)).toThrow(
      `Cannot start: the parameter secretPrefix is "${prefix}", which does not end with a slash`,
    );
  });
});

describe('the clusters of discoverConsumers', () => {
  const clustersOf = (value: string | undefined) => {
    vi.stubEnv('DISCOVER_CONSUMERS', value);
    return settingsWith('60').discoverConsumers;
  };
  const arn = (place: string) => `arn:aws:ecs:${place}:cluster/prod`;

  it.each([
    ['none', undefined, []],
    ['none where it is empty', '', []],
    ['names, divided by spaces or commas', 'prod  staging,batch_2', ['prod', 'staging', 'batch_2']],
    ['an ARN of this account and region, as its name', `${arn('us-east-1:111122223333')} other`, ['prod', 'other']],
  ])('are %s', (_, value, names) => expect(clustersOf(value)).toEqual(names));

  it.each([arn('eu-west-1:111122223333'), arn('us-east-1:444455556666'), 'prod/web', '*', 'prod;staging'])(
    'are not "%s": no service of it is seen from here',
    (word) => {
      expect(() => clustersOf(`prod ${word}`)).toThrow(
        `Cannot start: the parameter discoverConsumers has "${word}", neither a cluster's name nor an ARN of this account and region`,
      );
    },
  );
});

describe('the services that a sweep shakes hands with', () => {
  it.each([
    [undefined, 10],
    ['0', 0],
    ['999', 999],
  ])('%s', (sample, services) => {
    vi.stubEnv('PROBE_SAMPLE', sample);
    expect(settingsWith('60').probeSample).toBe(services);
  });

  it.each(['all', '', '-1', '2.5', '1000'])('are not "%s"', (sample) => {
    vi.stubEnv('PROBE_SAMPLE', sample);
    expect(() => settingsWith('60')).toThrow(
      `Cannot start: the parameter probeSample is "${sample}", not a number of services up to 999`,
    );
  });
});
