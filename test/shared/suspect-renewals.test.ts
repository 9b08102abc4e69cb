import { expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import { finding } from '../../shared/domain/reasons.ts';
import { suspectRenewals } from '../../shared/suspect-renewals.ts';
import { arn, otherArn } from './domain/sample.ts';

const parked = { is: 'parked', source: 'aws.acm-pca', detailType: 'x', resources: [] } as const;
const failure = { is: 'issuance failure', id: 'e', parked } as const;

function suspect(ofPrivate: () => Promise<readonly string[]>) {
  const logged: string[] = [];
  const log = (_: string, message: string) => void logged.push(message);
  return { logged, seen: suspectRenewals(failure, { log, renewals: { ofPrivate } }) };
}

it('each private certificate that ACM is renewing is a hint, which a doubled event does not double', async () => {
  expect(await suspect(async () => [arn, otherArn]).seen).toEqual({
    is: 'concerns',
    concerns: [arn, otherArn].map((certificateArn) => ({
      certificateArn,
      cause: `e-${certificateArn.split('/')[1]}`,
      about: 'hint',
    })),
  });
});

it('without any the event is parked', async () => {
  const { seen, logged } = suspect(async () => []);
  expect(await seen).toEqual(parked);
  expect(logged).toEqual([]);
});

it('where AWS does not let us look the event is parked, and the log says so', async () => {
  const trouble = new Trouble(finding('AccessDenied', { detail: 'acm:SearchCertificates: no' }));
  const { seen, logged } = suspect(() => Promise.reject(trouble));
  expect(await seen).toEqual(parked);
  expect(logged).toEqual(['Cannot look for renewals that may have failed']);
});

it('what is no answer of AWS is an error', async () => {
  await expect(suspect(() => Promise.reject(new TypeError('ours'))).seen).rejects.toThrow('ours');
});
