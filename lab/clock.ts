/**
 * The lab's clock: real time plus an offset. It starts in the past; `advance` moves it through every timer that falls
 * due on the way, in order, and lets the work that each one starts come to rest before the next.
 */
export type Clock = {
  /** Lab time now. */
  now(): Date;
  /** Lab time minus real time, in milliseconds. */
  offset(): number;
  /** Runs `what` when the clock reaches `time`, by passing or by `advance`; returns a function that cancels it. */
  at(time: Date, what: () => void | Promise<void>): () => void;
  /**
   * Marks work (an invocation, a starting task) that `advance` and `settled` wait for. Its failure is the lab's own bug:
   * they reject with it, and where nobody waits it stays an unhandled rejection, which ends the process.
   */
  busy(work: Promise<unknown>): void;
  /** Resolves when no work is under way and no timer is due. */
  settled(): Promise<void>;
  /** Moves the clock forward by `ms`, through every timer on the way; rejects after 100,000 of them. */
  advance(ms: number): Promise<void>;
  /** Drops all timers: nothing runs after this. */
  stop(): void;
};

type Timer = { readonly due: number; readonly order: number; readonly what: () => void | Promise<void> };

/** Real timers are re-armed at most this often, and reach at most this far (setTimeout's own limit is 2^31 ms). */
const longestSleep = 2 ** 30;

/** An hourly schedule has fewer in eleven years; something that never ends has more. */
const mostTimers = 100_000;

export function createClock(start: Date): Clock {
  let offset = start.getTime() - Date.now();
  let timers: Timer[] = [];
  let order = 0;
  let stopped = false;
  let sleeping: NodeJS.Timeout | undefined;
  const working = new Set<Promise<unknown>>();

  const nowMs = () => Date.now() + offset;
  const next = () => timers[0];

  function busy(work: Promise<unknown>): void {
    const done: Promise<unknown> = work.finally(() => working.delete(done));
    working.add(done);
  }

  function runDue(): void {
    for (let timer = next(); timer && timer.due <= nowMs(); timer = next()) {
      timers.shift();
      busy(Promise.resolve().then(timer.what));
    }
  }

  function sleep(): void {
    clearTimeout(sleeping);
    const timer = next();
    if (!timer) return;
    sleeping = setTimeout(
      () => {
        runDue();
        sleep();
      },
      Math.min(Math.max(timer.due - nowMs(), 0), longestSleep),
    );
    sleeping.unref();
  }

  async function settled(): Promise<void> {
    do {
      runDue();
      await Promise.all(working);
      // Work often hands over to other work in a later microtask or I/O callback: look twice before calling it rest.
      await new Promise((resolve) => setImmediate(resolve));
    } while (working.size > 0 || (next()?.due ?? Number.POSITIVE_INFINITY) <= nowMs());
  }

  async function advance(ms: number): Promise<void> {
    const target = nowMs() + ms;
    await settled();
    for (let timer = next(), passed = 0; timer && timer.due <= target; timer = next()) {
      if (++passed > mostTimers)
        throw new Error(`More than ${mostTimers} timers are due within one advance of the clock`);
      offset += Math.max(timer.due - nowMs(), 0);
      await settled();
    }
    offset += Math.max(target - nowMs(), 0);
    await settled();
    sleep();
  }

  return {
    now: () => new Date(nowMs()),
    offset: () => offset,
    at(time, what) {
      if (stopped) return () => {};
      const timer: Timer = { due: time.getTime(), order: order++, what };
      timers.push(timer);
      timers.sort((a, b) => a.due - b.due || a.order - b.order);
      if (next() === timer) sleep();
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    busy,
    settled,
    advance,
    stop() {
      stopped = true;
      timers = [];
      clearTimeout(sleeping);
    },
  };
}
