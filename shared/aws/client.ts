const within = (requestTimeout: number) => ({
  requestHandler: { connectionTimeout: 2_000, requestTimeout, throwOnRequestTimeout: true },
});

/**
 * What every client of the SDK is made with, milliseconds. Without it a server that takes the connection and says nothing
 * is waited for as long as the function lives: the warning is never sent, or sent again after each time-out. Three
 * attempts of five seconds leave a function of sixty time for a look, a mail, and the end.
 */
export const prompt = within(5_000);

/** For a sweep, whose answers have hundreds of lines, and which has minutes. */
export const unhurried = within(20_000);

/** For a call that waits for another function, which takes a minute at most, to end. */
export const waiting = within(70_000);
