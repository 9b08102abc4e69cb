import { taskAddresses } from '../shared/aws/task-addresses.ts';
import { worker } from '../shared/aws/worker.ts';
import { compare, consumedBy, consumersOf, type Inventory } from '../shared/domain/inventory.ts';
import { noteworthy } from '../shared/domain/noteworthy.ts';
import { mendOf, sentenceOf } from '../shared/domain/reasons.ts';
import type { Consumer } from '../shared/domain/rollout.ts';
import { readServiceWish } from '../shared/domain/service-wish.ts';
import { writeCommand } from '../shared/domain/shell.ts';
import { type BadTag, readWishes } from '../shared/domain/wish.ts';
import { prober, readStands } from '../shared/prober.ts';
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
    ...services.flatMap((service) =>
      distinct(consumedBy(service).flatMap((secret) => readServiceWish(service.tags, secret).problems)).map((bad) => ({
        of: service.arn,
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
  // The check of tags has said the others.
  const names = remembered.filter(({ finding }) => finding.reason !== 'BadServiceTag');
  const noted = names.map(({ finding }) => {
    const { text, commands } = mendOf(finding);
    const mend = [text, ...commands.flatMap((command) => writeCommand(command, stack.place))]
      .filter(Boolean)
      .join('\n');
    return look('names', { seen: sentenceOf(finding), mend });
  });
  return orWell(noted, 'names', 'what services read is delivered');
}

/** A cluster that the stack is to search and that is not there: a typing error restarts nobody. */
export async function checkClusters({ settings, discovery }: CliSight): Promise<readonly Check[]> {
  const { discoverConsumers } = settings;
  if (discoverConsumers.length === 0) return [well('clusters', 'services are restarted by their tags only')];
  const there = await discovery.clusters();
  const missing = discoverConsumers
    .filter((name) => !there.includes(name))
    .map((name) =>
      ill('clusters', {
        seen: `discoverConsumers names cluster "${name}", and there is none`,
        mend: `npm run deploy -- --param="discoverConsumers=CLUSTER CLUSTER", with some of: ${there.join(', ')}`,
      }),
    );
  return orWell(missing, 'clusters', `whoever reads a secret is restarted in ${discoverConsumers.join(', ')}`);
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

/** Whether the functions `probe` reach a task of each service that says where it serves. */
export async function checkProbe(
  consumers: readonly Consumer[],
  { environment = {} }: Stack,
): Promise<readonly Check[]> {
  const running = consumers.filter(({ active, desired }) => active && desired > 0);
  const untold = running
    .filter(({ probe }) => !probe)
    .map((one) =>
      look('probe', {
        seen: `${named(one)} does not say where it serves: nobody sees its tasks serve`,
        mend: 'Tag it courier:probe=PORT',
      }),
    );
  const wanted = running.filter(({ probe }) => probe);
  const probes = environment.PROBES;
  const reached = probes ? await Promise.all(wanted.map((one) => reach(one, probes))) : [];
  const nobody = look('probe', { seen: 'The stack has no probe: nobody shakes hands with tasks', mend: deployProbes });
  return orWell(
    [...untold, ...(probes || wanted.length === 0 ? reached : [nobody])],
    'probe',
    'there is nothing to shake hands with',
  );
}

const deployProbes = 'npm run deploy -- --param="probes=SUBNET,SUBNET/SECURITY_GROUP", with the subnets of the tasks';
const named = ({ cluster, service }: Consumer) => `${cluster}/${service}`;

/** Whatever leaf is shown, there is a way: with no expectation. */
async function reach(consumer: Consumer, probes: string): Promise<Check> {
  const { cluster, probe: at } = consumer;
  const tasks = at ? (await runningTasks(consumer)).map((task) => ({ task, at })) : [];
  const addresses = await taskAddresses().of(tasks, cluster);
  const [address] = addresses.values();
  if (!address)
    return unseen('probe', { seen: `${named(consumer)}: no task has an address`, mend: 'Use network mode awsvpc' });
  const where = `${address.host}:${address.port}`;
  const target = { id: where, ...address, servername: 'probe.invalid', serial: '0'.repeat(40) };
  const shown = (await prober(readStands(probes, worker)).look([target], 0)).get(where);
  if (!shown)
    return ill('probe', {
      seen: `No probe stands in subnet ${address.subnet}, where ${named(consumer)} runs`,
      mend: deployProbes,
    });
  if (!('error' in shown) || shown.during === 'handshake')
    return well('probe', `${named(consumer)} is reached at ${where}`);
  const mend = `Let the security group of the tasks take port ${address.port} from the probe's`;
  return ill('probe', { seen: `${named(consumer)} is not reached at ${where}: ${shown.error}`, mend });
}
