import { describe, expect, it } from 'vitest';
import { reasonCodes } from '../../shared/domain/reasons.ts';
import { problemOf } from '../../shared/problem.ts';
import { arn, place } from './domain/sample.ts';
import { sampleOf } from './domain/sample-facts.ts';

describe('a problem', () => {
  it('says what is wrong, what would be right, and how to do it', () => {
    expect(problemOf(sampleOf('NothingAsked'), place)).toEqual({
      reason: 'NothingAsked',
      message:
        'The certificate of "api.example.com" is not tagged courier:secret, and without the tag a key is never exported',
      hint: [
        'Name the secret that it is to be delivered to, then try again',
        'aws acm add-tags-to-certificate \\',
        `  --certificate-arn ${arn} \\`,
        '  --tags Key=courier:secret,Value=courier/api \\',
        '  --region us-east-1',
      ].join('\n'),
    });
  });

  it('has an empty hint where nothing is to be done', () => {
    expect(problemOf(sampleOf('Throttled'), place).hint).toBe('');
  });

  it.each(reasonCodes)('%s has a message, and a hint without empty lines', (code) => {
    const { message, hint } = problemOf(sampleOf(code), place);
    expect(message).not.toBe('');
    expect(hint).not.toMatch(/undefined|\n\n|^\n|\n$/);
  });
});
