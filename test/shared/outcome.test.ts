import { describe, expect, it } from 'vitest';
import { answerOf, type Outcome, soonest } from '../../shared/outcome.ts';
import { place } from './domain/sample.ts';
import { sampleOf } from './domain/sample-facts.ts';

const done: Outcome = { is: 'done', because: 'delivered' };
const again = (seconds: number): Outcome => ({ is: 'again', seconds, because: 'rolling' });
const told: Outcome = { is: 'told', finding: sampleOf('KeyMismatch') };

describe('of several outcomes', () => {
  it.each([
    ['none goes on where there is none', [], undefined],
    ['none goes on where all are at their end', [done, told], undefined],
    ['one that goes on takes all along', [done, told, again(30)], again(30)],
    ['the soonest of those that go on counts', [again(30), again(10), again(20)], again(10)],
  ])('%s', (_, outcomes, one) => expect(soonest(outcomes)).toEqual(one));
});

describe('an outcome is answered', () => {
  it('as it is when done', () => expect(answerOf(done, place)).toBe(done));
  it('as it is when it goes on', () => expect(answerOf(again(10), place)).toEqual(again(10)));
  it('with the problem that people were told', () => {
    expect(answerOf(told, place)).toEqual({
      is: 'told',
      problem: {
        reason: 'KeyMismatch',
        message:
          'ACM exported a private key that does not belong to the certificate of "api.example.com"; nothing was stored',
        hint: expect.stringMatching(/^Deliver again; if the pair stays wrong.*\naws acm describe-certificate \\\n/s),
      },
    });
  });
});
