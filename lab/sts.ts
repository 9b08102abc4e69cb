import { account, principal, type Service } from './service.ts';

export function createSts(): { service: Service } {
  return {
    service: {
      name: 'sts',
      protocol: 'query',
      target: '2011-06-15',
      operations: {
        GetCallerIdentity: (_, { caller }) => ({ UserId: caller, Account: account, Arn: principal(caller) }),
      },
    },
  };
}
