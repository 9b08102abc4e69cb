import { taskAddresses } from '../shared/aws/task-addresses.ts';
import { worker } from '../shared/aws/worker.ts';
import { compare, consumersOf, type Inventory } from '../shared/domain/inventory.ts';
import { noteworthy } from '../shared/domain/noteworthy.ts';
import { serverName } from '../shared/domain/probe.ts';
import { mendOf, sentenceOf } from '../shared/domain/reasons.ts';
import type { Consumer } from '../shared/domain/rollout.ts';
import { readServiceWish } from '../shared/domain/service-wish.ts';
import { writeCommand } from '../shared/domain/shell.ts';
import { type BadTag, consumedSecrets, readWishes } from '../shared/domain/wish.ts';
import { prober } from '../shared/prober.ts';
import { runningTasks } from './aws/running-tasks.ts';
import { type Check, ill, look, orWell, unseen, well } from './check.ts';
import type { CliSight } from './sight.ts';
import type { Stack } from './stack.ts';

/** Tags that cannot be read: whoever wrote them meant something. */
export function checkTags({ certificates, services }: Inventory): readonly Check[] {
  const wrong = [
    ...certificates.flatMap(({ name, arn, tags }) =>
      readWishes(tags).problems.map((bad) => ({ of: `${name} (${arn})`, bad })),
    ),
    ...services.flatMap(({ arn, tags }) =>
      distinct(consumedSecrets(tags).flatMap((secret) => readServiceWish(tags, secret).problems)).map((bad) => ({
        of: arn,
        bad,
      })),
    ),
  ];
  const told = wrong.map(({ of, bad }) =>
    ill('tags', { seen: `${bad.tag} "${bad.value}" on ${of} cannot be read`, mend: `Accepted: ${bad.accepted}` }),
  );
  return orWell(told, 'tags', 'every courier: tag can be read');
}

/** A tag is read once for each secret of a service. */
const distinct = (all: readonly BadTag[]) => [...new Map(all.map((one) => [`${one.tag}\n${one.value}`, one])).values()];

/** What a sweep would say of names and authorities, whether it has said so already or not. */
export function checkNames(inventory: Inventory, stack: Stack): readonly Check[] {
  const policy = { ...stack.settings, now: stack.now() };
  const differences = compare(inventory, policy);
  const interval = { after: policy.now, until: policy.now };
  const { remembered } = noteworthy({ inventory, differences }, { ...policy, interval });
  const noted = remembered.map(({ finding }) => {
    const { text, commands } = mendOf(finding);
    const mend = [text, ...commands.flatMap((command) => writeCommand(command, stack.place))]
      .filter(Boolean)
      .join('\n');
    return look('names', { seen: sentenceOf(finding), mend });
  });
  return orWell(noted, 'names', 'what services read is delivered');
}

/** The services that read something, as ECS has them. */
export async function consumersIn(inventory: Inventory, sight: CliSight): Promise<readonly Consumer[]> {
  const bySecret = [...consumersOf(inventory)];
  const all = await Promise.all(
    bySecret.map(([secret, services]) =>
      sight.services.consumers(
        services.map(({ arn }) => arn),
        { secret, since: sight.now() },
      ),
    ),
  );
  return [...new Map(all.flat().map((one) => [one.arn, one])).values()];
}

export function checkImages(consumers: readonly Consumer[]): readonly Check[] {
  const told = consumers
    .filter(({ mutableImages, refusesMutableImages }) => mutableImages.length > 0 && !refusesMutableImages)
    .map(({ cluster, service, mutableImages }) =>
      look('images', {
        seen: `${cluster}/${service}: a restart also ships what ${mutableImages.join(', ')} points to then`,
        mend: 'Pin the image by digest (@sha256:…), or tag the service courier:mutable-image=refuse',
      }),
    );
  return orWell(told, 'images', 'every image is pinned by digest, or held');
}

/** Whether the function `probe` reaches a task of each service that says where it serves. */
export async function checkProbe(consumers: readonly Consumer[], stack: Stack): Promise<readonly Check[]> {
  const running = consumers.filter(({ active, desired }) => active && desired > 0);
  const mute = running.filter((one) => !one.probe).map(({ cluster, service }) => `${cluster}/${service}`);
  const untold = mute.map((service) =>
    look('probe', {
      seen: `${service} does not say where it serves: its tasks are not seen serving`,
      mend: 'Tag it courier:probe=PORT',
    }),
  );
  const wanted = running.filter(({ probe }) => probe);
  const exists = (await stack.functions.settings('probe')) !== null;
  if (!exists && wanted.length > 0)
    return [
      ...untold,
      look('probe', {
        seen: 'The stack has no function probe: nobody shakes hands with tasks',
        mend: 'README, "Parameters": name the subnets of the tasks',
      }),
    ];
  const reached = exists ? await Promise.all(wanted.map((one) => reach(one, stack))) : [];
  return orWell([...untold, ...reached.flat()], 'probe', 'nothing is to be probed');
}

/** With no expectation: any leaf shows that there is a way. */
async function reach(consumer: Consumer, { place }: Stack): Promise<readonly Check[]> {
  const { cluster, service, probe: at } = consumer;
  const tasks = await runningTasks(consumer);
  const addresses = at ? await taskAddresses().of(tasks, { cluster, at }) : new Map();
  const [address] = addresses.values();
  if (!address)
    return [
      unseen('probe', {
        seen: `${cluster}/${service}: no task has an address of its own`,
        mend: 'Use network mode awsvpc, or publish the port',
      }),
    ];
  const target = { id: 'one', ...address, servername: serverName(service), serial: '0'.repeat(40) };
  const shown = (await prober(worker(`${place.functionPrefix}probe`)).look([target], 0)).get('one');
  if (!shown || !('error' in shown) || shown.during === 'handshake')
    return [well('probe', `${cluster}/${service} is reached at ${address.host}:${address.port}`)];
  return [
    ill('probe', {
      seen: `${cluster}/${service} is not reached at ${address.host}:${address.port}: ${shown.error}`,
      mend: `Let the security group of the tasks take port ${address.port} from the probe's`,
    }),
  ];
}
