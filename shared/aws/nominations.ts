import type { TaggedService } from './tagged.ts';

export type Nominations = {
  /** @param since nothing that was remembered before it will do, epoch seconds */
  services(since?: number): Promise<readonly TaggedService[]>;
};

/** Seconds for which it is known who reads what: a search is a call for ten services, and a rollout has many looks. */
const memory = 900;
/** Seconds that a new service's tasks need at least until they read a secret: who was not there then reads the new version. */
const start = 5;

export type Nominating = {
  readonly tagged: Nominations;
  /** Services that read secrets, whatever their tags say. */
  readonly followers: () => Promise<readonly TaggedService[]>;
  /** Epoch seconds. */
  readonly now: () => number;
};

/**
 * Who consumes secrets: by tags, asked for each time, and by task definitions, remembered for minutes while the function
 * lives, but not over a promotion: whoever was added before it is to be restarted. A service that is nominated by both
 * consumes what either says. What cannot be searched is Trouble, never nobody: a rollout would end without its consumers.
 */
export function nominations({ tagged, followers, now }: Nominating): Nominations {
  let known: { readonly services: readonly TaggedService[]; readonly at: number } | undefined;
  return {
    async services(since = 0) {
      const services = await tagged.services();
      const at = now();
      if (!known || known.at + start < since || known.at + memory <= at) known = { services: await followers(), at };
      const all = new Map(services.map((one) => [one.arn, one]));
      for (const found of known.services) all.set(found.arn, merged(found, all.get(found.arn)));
      return [...all.values()];
    },
  };
}

const merged = (found: TaggedService, tagged: TaggedService | undefined): TaggedService =>
  tagged ? { ...tagged, secrets: [...new Set([...tagged.secrets, ...found.secrets])] } : found;
