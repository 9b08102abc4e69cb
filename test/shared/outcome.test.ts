import { describe, expect, it } from 'vitest';
import { answerOf, type Outcome, together } from '../../shared/outcome.ts';
import { place } from './domain/sample.ts';
import { sampleOf } from './domain/sample-facts.ts';

const done: Outcome = { is: 'done', because: 'delivered' };
const held: Outcome = { is: 'done', because: 'held' };
const again = (seconds: number): Outcome => ({ is: 'again', seconds, because: 'rolling' });
const told: Outcome = { is: 'told', finding: sampleOf('KeyMismatch') };
const toldToo: Outcome = { is: 'told', finding: sampleOf('SecretNotOurs') };

describe('several deliveries come to one outcome:', () => {
  it.each([
    ['nothing to deliver is done', [], { is: 'done', because: 'nothing to deliver' }],
    ['all done is done', [done, held], done],
    ['one that goes on takes all along', [done, told, again(30)], again(30)],
    ['the soonest of those that go on counts', [again(30), again(10), again(20)], again(10)],
    ['what people were told outweighs what is done', [done, told], told],
    ['the first that people were told counts', [told, toldToo], told],
  ])('%s', (_, outcomes, one) => expect(together(outcomes)).toEqual(one));

  it('the outcomes themselves stay in their order', () => {
    const outcomes = [again(30), again(10)];
    together(outcomes);
    expect(outcomes).toEqual([again(30), again(10)]);
  });
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
