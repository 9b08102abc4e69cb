import { expect, it, vi } from 'vitest';
import { inSlices } from '../../../cli/plan.ts';
import type { Answer } from '../../../shared/re-export.ts';

/** A function that has so many certificates, of which one answer names 25 at most, as it was asked. */
const holding = (many: number, { breaksAt = Number.POSITIVE_INFINITY } = {}) => {
  const asked: object[] = [];
  const ask = async (request: Readonly<Record<string, unknown>>): Promise<Answer> => {
    asked.push(request);
    if (asked.length === breaksAt) throw new Error('the network went away');
    const from = Number(request.after ?? 0);
    const until = Math.min(many, from + Number(request.atMost));
    const results = Array.from({ length: until - from }, (_, index) => ({
      ...{ certificateArn: `${from + index + 1}`, name: `${from + index + 1}`, state: 'queued' as const },
    }));
    const errors = from === 25 ? [{ reason: 'SecretNotOurs', message: '', hint: '' }] : [];
    const next = until < many && { next: { after: `${until}`, left: many - until } };
    return { ok: errors.length === 0, plan: [], results, errors, unseen: [], ...next };
  };
  return { ask, asked };
};

it.each([0, 1, 25, 26, 60])('of %i certificates each is asked for once, and the answers are one', async (many) => {
  const { ask, asked } = holding(many);
  const { results, next } = await inSlices('Queueing', { all: true, requestId: 'mine' }, ask);
  expect(results.map(({ name }) => Number(name))).toEqual(Array.from({ length: many }, (_, index) => index + 1));
  expect(next).toBeUndefined();
  expect(asked).toHaveLength(Math.max(1, Math.ceil(many / 25)));
  for (const request of asked) expect(request).toMatchObject({ all: true, requestId: 'mine', atMost: 25 });
});

it('what is wrong in one part is wrong in the whole', async () => {
  expect(await inSlices('Queueing', { all: true }, holding(60).ask)).toMatchObject({
    ok: false,
    errors: [{ reason: 'SecretNotOurs' }],
  });
});

it('what is named goes in one request, as it is', async () => {
  const { ask, asked } = holding(0);
  await inSlices('Queueing', { secret: 'courier/api' }, ask);
  expect(asked).toEqual([{ secret: 'courier/api' }]);
});

it('whoever is cut off half way is told how many were reached', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await expect(inSlices('Queueing', { all: true }, holding(60, { breaksAt: 3 }).ask)).rejects.toThrow('went away');
  const lines = said.mock.calls.map(([line]) => line);
  said.mockRestore();
  expect(lines).toEqual([expect.stringMatching(/^50 certificates were reached before this/)]);
});
