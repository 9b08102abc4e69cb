import type { Certificate, Validation } from '../../../shared/domain/certificate.ts';
import type { Authority, NameRecords, Observation } from '../../../shared/domain/observation.ts';
import { but, day, now } from './sample.ts';

export const caArn =
  'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-0000-4000-8000-1234567890ab';
export const foreignCaArn = caArn.replace('111122223333', '444455556666');

export const seen = <Fact>(fact: Fact) => ({ is: 'seen', fact }) as const;
export const unseen = (why: string) => ({ is: 'unseen', why }) as const;

export const authority = (other: Partial<Authority> = {}) =>
  seen<Authority>({
    arn: caArn,
    status: 'active',
    notAfter: now + 3650 * day,
    own: true,
    shortLived: false,
    permission: seen('whole'),
    ...other,
  });

/** A private certificate 50 days before its end, exported and healthy, in the window in which ACM renews it. */
export const privateOne = (other: Partial<Certificate> = {}, of: Partial<Observation> = {}): Observation => ({
  certificate: but({ notBefore: now - 345 * day, notAfter: now + 50 * day, caArn, ...other }),
  now,
  authority: authority(),
  names: [],
  deliveries: [],
  ...of,
});

export const record = {
  name: '_3639ac514e785e898d2646601fa951d5.example.com.',
  value: '_98d2646601fa951d.acm-validations.aws.',
};

export const validation = (other: Partial<Validation> = {}): Validation => ({
  name: 'api.example.com',
  method: 'dns',
  status: 'success',
  record,
  mailboxes: [],
  mailDomain: '',
  ...other,
});

export const nameRecords = (other: Partial<NameRecords> = {}): NameRecords => ({
  name: 'api.example.com',
  validation: seen({ wanted: record, found: ['_98D2646601fa951d.acm-validations.aws'] }),
  caa: seen({ at: 'api.example.com', records: [] }),
  ...other,
});

/** A public certificate 40 days before its end, in use by a load balancer, validated by DNS, all well. */
export const publicOne = (other: Partial<Certificate> = {}, names = [nameRecords()]): Observation => ({
  certificate: but({
    type: 'public',
    tags: {},
    notBefore: now - 158 * day,
    notAfter: now + 40 * day,
    inUseBy: ['arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/50dc6c495c0c9188'],
    validations: [validation()],
    renewal: { status: 'succeeded', updatedAt: now - 158 * day },
    ...other,
  }),
  now,
  names,
  deliveries: [],
});
