import { describe, expect, it } from 'vitest';
import { type Ending, readEndings } from '../../../shared/domain/task-endings.ts';

const ending = (code: number | undefined, more: Partial<Ending> = {}): Ending => ({
  createdAt: 1,
  reason: 'Essential container in task exited',
  exits: code === undefined ? [] : [{ container: 'app', code, reason: '' }],
  ...more,
});

describe('how the tasks of a failed service ended', () => {
  it('says nothing where ECS shows none any more', () => expect(readEndings([])).toEqual({ words: '', marks: [] }));

  it.each([
    [82, 'it is unreadable, or cut off'],
    [83, 'key and certificate are no pair'],
    [84, 'it has expired, or is not valid yet'],
  ])('exit code %i of the start-up helper is evidence against the certificate', (code, why) =>
    expect(readEndings([ending(1), ending(code)])).toEqual({
      words: 'a task stopped (Essential container in task exited), "app" with exit code 1',
      evidence: `the start-up helper in container "app" refused the certificate (exit code ${code}: ${why})`,
      marks: ['exit code 1', `exit code ${code}`],
    }),
  );

  it.each([80, 81, 85, 86, 1, 0])('exit code %i is none', (code) =>
    expect(readEndings([ending(code)]).evidence).toBeUndefined(),
  );

  it('the newest is told, with what the container says', () => {
    const exits = [{ container: 'app', code: 2, reason: 'OutOfMemoryError' }];
    expect(readEndings([ending(1), ending(2, { createdAt: 2, exits }), ending(3, { createdAt: 0 })]).words).toBe(
      'a task stopped (Essential container in task exited), "app" with exit code 2: OutOfMemoryError',
    );
  });

  it.each([
    ['never ran a container', ending(undefined, { reason: 'CannotPullContainerError' })],
    ['ended well', ending(0)],
    ['was ended from outside', ending(143)],
    ['was killed', ending(137)],
  ])('what %s is like nothing else', (_, one) => expect(readEndings([one]).marks).toEqual([]));
});
