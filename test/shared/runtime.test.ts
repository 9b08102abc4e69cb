import { afterEach, describe, expect, it, vi } from 'vitest';
import { base } from '../../shared/runtime.ts';

afterEach(() => vi.unstubAllEnvs());

const settingsWith = (minutes: string | undefined) => {
  vi.stubEnv('FUNCTION_ARN_PREFIX', 'arn:aws:lambda:us-east-1:111122223333:function:acm-courier-prod-');
  vi.stubEnv('RUNBOOK_URL', 'https://example.com/runbook.md');
  vi.stubEnv('ROLLOUT_DEADLINE_MINUTES', minutes);
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
  it.each(['an hour', '', '0', '-5', 'Infinity'])('is not "%s"', (minutes) => {
    expect(() => settingsWith(minutes)).toThrow(
      `Cannot start: the environment variable ROLLOUT_DEADLINE_MINUTES is "${minutes}", not a number of minutes`,
    );
  });
});
