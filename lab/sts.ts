import type { Iam } from './iam.ts';
import { account, type Service } from './service.ts';

export function createSts({ arnOf }: Pick<Iam, 'arnOf'>): { service: Service } {
  return {
    service: {
      name: 'sts',
      protocol: 'query',
      target: '2011-06-15',
      operations: {
        GetCallerIdentity: (_, { caller }) => ({ UserId: caller, Account: account, Arn: arnOf(caller) }),
      },
    },
  };
}
