import { authorities } from '../shared/aws/authority.ts';
import { certificates } from '../shared/aws/certificates.ts';
import { consumption } from '../shared/aws/consumption.ts';
import { fleet } from '../shared/aws/fleet.ts';
import { pacedClients } from '../shared/aws/paced-clients.ts';
import { secrets } from '../shared/aws/secrets.ts';
import { note } from './screen.ts';
import type { Stack } from './stack.ts';

export type CliSight = ReturnType<typeof sightOf>;

/** What the use cases look with: the stack's settings, and the operator's own permissions, within AWS's rates. */
export function sightOf({ place, settings, now }: Stack) {
  const { acm, manager, tagging, ecs } = pacedClients();
  const consumers = consumption({ ...settings, now }, { ecs, tagging });
  return {
    place,
    settings,
    now,
    sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
    log: (level: string, message: string, facts: object) => {
      if (process.env.DEBUG) note(JSON.stringify({ level, message, ...facts }));
    },
    certificates: certificates(acm),
    secrets: secrets({}, manager),
    services: consumers,
    fleet: fleet(ecs),
    tagged: consumers,
    discovery: consumers,
    authorities: authorities(place.account),
  };
}
