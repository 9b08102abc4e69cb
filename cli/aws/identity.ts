import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

export type Identity = {
  readonly arn: string;
  readonly account: string;
  readonly partition: string;
  readonly region: string;
  /** Seconds by which AWS's clock is ahead of this machine's. */
  readonly ahead: number;
};

/**
 * Who asks, where, and what time it is there: days are counted by AWS's clock, as the SDK signs by it, not by a laptop's.
 * One call, which no policy can deny (STS API Reference, GetCallerIdentity).
 */
export async function identity(sts = new STSClient({})): Promise<Identity> {
  let date: string | undefined;
  sts.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      ({ date } = (result.response as { headers: Record<string, string | undefined> }).headers);
      return result;
    },
    { step: 'deserialize', name: 'readDate' },
  );
  const { Arn: arn = '', Account: account = '' } = await sts.send(new GetCallerIdentityCommand({}));
  const [, partition = 'aws'] = arn.split(':');
  const there = Date.parse(date ?? '');
  return {
    arn,
    account,
    partition,
    region: await sts.config.region(),
    ahead: Number.isNaN(there) ? 0 : Math.round((there - Date.now()) / 1000),
  };
}
