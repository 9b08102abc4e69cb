/**
 * An adapter that is loaded at the first call of one of its methods, all of which are asynchronous: for what the usual
 * answer does without. Its module, and the client in it, then cost no start-up time (docs/performance.md).
 */
export function lazily<Adapter extends Asynchronous<Adapter>>(load: () => Promise<Adapter>): Adapter {
  let loading: Promise<Adapter> | undefined;
  const call = async (name: keyof Adapter, args: never[]) => {
    loading ??= load();
    return (await loading)[name](...args);
  };
  return new Proxy({} as Adapter, {
    get:
      (_, name) =>
      (...args: never[]) =>
        call(name as keyof Adapter, args),
  });
}

type Asynchronous<Adapter> = { readonly [Name in keyof Adapter]: (...args: never[]) => Promise<unknown> };
