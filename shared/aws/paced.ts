/** How many calls of one operation AWS takes: so many a second for good, so many at once after a rest. */
export type Rate = { readonly perSecond: number; readonly burst: number };

export type Time = {
  /** Milliseconds of a clock that only goes on. */
  readonly elapsed: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
};

const realTime: Time = {
  elapsed: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** After a throttle half the rate is left, never less than a tenth; each call that is taken gives a tenth back. */
const [slower, slowest, faster] = [0.5, 0.1, 0.1];

/**
 * A token bucket: `take` waits for its turn. Others call AWS in the same account, so that the published quota may be too
 * much: `throttled` slows down, `taken` lets it recover.
 */
export function tokenBucket({ perSecond, burst }: Rate, time: Time = realTime) {
  let share = 1;
  let tokens = burst;
  let at = time.elapsed();
  return {
    async take(): Promise<void> {
      const now = time.elapsed();
      // Tokens below zero are promised to those who wait already: each comes after the one before.
      tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond * share) - 1;
      at = now;
      if (tokens < 0) await time.sleep((-tokens / (perSecond * share)) * 1000);
    },
    throttled(): void {
      share = Math.max(slowest, share * slower);
      tokens = Math.min(tokens, 0);
    },
    taken(): void {
      share = Math.min(1, share + faster);
    },
  };
}

/** Of a client of the SDK, what pacing needs. */
type Client = {
  readonly middlewareStack: {
    // biome-ignore lint/suspicious/noExplicitAny: each client's stack is typed by its own inputs and outputs.
    add(middleware: any, options: any): void;
  };
};

/**
 * The client, with each attempt at an operation, the SDK's own retries too, taken from that operation's bucket. Its
 * operations without a rate go as they come.
 */
export function paced<One extends Client>(client: One, rates: Readonly<Record<string, Rate>>, time?: Time): One {
  const buckets = new Map(
    Object.entries(rates).map(([operation, rate]) => [`${operation}Command`, tokenBucket(rate, time)]),
  );
  const middleware =
    (next: (args: unknown) => Promise<unknown>, context: { readonly commandName?: string }) =>
    async (args: unknown): Promise<unknown> => {
      const bucket = buckets.get(context.commandName ?? '');
      await bucket?.take();
      try {
        const answer = await next(args);
        bucket?.taken();
        return answer;
      } catch (error) {
        if (error instanceof Error && /throttl|TooManyRequests|RateExceeded/i.test(error.name)) bucket?.throttled();
        throw error;
      }
    };
  // Behind the retries, so that each of them waits for a turn of its own.
  client.middlewareStack.add(middleware, { step: 'finalizeRequest', priority: 'low', name: 'paced' });
  return client;
}
