import { expect, it } from 'vitest';
import { outcomeInWords, recorded } from '../../shared/ledger.ts';
import { arn, certificate } from './domain/sample.ts';

const lines: unknown[] = [];
const world = {
  log: (_level: string, message: string, facts: object) => void lines.push({ message, ...facts }),
  certificates: { find: async () => certificate, export: async () => Promise.reject(new Error('refused')) },
  secrets: { find: async (_name: string) => ({ state: 'absent' }) },
  services: { restart: async (_of: { arn: string }) => {} },
  topic: {},
};

it('a record names what was seen and what came to an end, not what failed', async () => {
  lines.length = 0;
  await recorded(
    { event: 'e', certificateArn: arn, world, inWords: outcomeInWords },
    async ({ certificates, secrets, services }) => {
      await certificates.find();
      await secrets.find('courier/api');
      await services.restart({ arn: 'web' });
      await certificates.export().catch(() => {});
      return { is: 'again' as const, seconds: 30, because: 'refused' };
    },
  );
  const { serial, status, notAfter, eligible } = certificate;
  const seen = { status, serial, notAfter, eligible, renewal: 'succeeded', secrets: { 'courier/api': 'absent' } };
  const done = ['restarted web'];
  expect(lines).toEqual([
    { message: 'Decided', event: 'e', certificateArn: arn, serial, seen, decided: 'again', why: 'refused', done },
  ]);
});

it('a look that ends with an error decided nothing, and leaves no record', async () => {
  lines.length = 0;
  await expect(
    recorded({ event: 'e', certificateArn: arn, world, inWords: outcomeInWords }, async () =>
      Promise.reject(new Error('broken')),
    ),
  ).rejects.toThrow('broken');
  expect(lines).toEqual([]);
});
