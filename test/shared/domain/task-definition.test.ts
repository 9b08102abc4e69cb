import { describe, expect, it } from 'vitest';
import { mutableImages, readsStage } from '../../../shared/domain/task-definition.ts';

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

it('an image is named where its digest is not: by a tag, and by nothing', () => {
  const digest = `web@sha256:${'0'.repeat(64)}`;
  expect(mutableImages({ valuesFrom: [], images: [digest, 'web:1', `web:1@${digest.slice(4)}`, 'web'] })).toEqual([
    'web:1',
    'web',
  ]);
});
