import { ECSClient } from '@aws-sdk/client-ecs';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createClock } from '../../lab/clock.ts';
import { createEcs } from '../../lab/ecs.ts';
import { createBalancer } from '../../lab/forwarder.ts';
import { createInstances } from '../../lab/instances.ts';
import { createSecretsManager } from '../../lab/secrets-manager.ts';
import { startServer } from '../../lab/server.ts';
import type { Emit } from '../../lab/service.ts';
import { createTagging } from '../../lab/tagging.ts';
import { createTags } from '../../lab/tags.ts';

export const day = 86_400_000;

/** Secrets Manager, ECS and tagging behind one port, with the SDK's clients: what a test of any of the three needs. */
export async function startContainerLab() {
  const clock = createClock(new Date(Date.now() - 300 * day));
  const events: Parameters<Emit>[0][] = [];
  const emit: Emit = (event) => void events.push(event);
  const tags = createTags();
  const secrets = createSecretsManager({ clock, emit, tags });
  const balancer = createBalancer();
  const ecs = createEcs({ clock, emit, tags, balancer, instances: createInstances(), readSecret: secrets.read });
  const tagging = createTagging({ tags });
  const server = await startServer({
    services: [secrets.service, ecs.service, tagging.service],
    clock,
    onCall: () => {},
  });
  const to = {
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
    maxAttempts: 1,
  };
  const clients = {
    secretsClient: new SecretsManagerClient(to),
    ecsClient: new ECSClient(to),
    taggingClient: new ResourceGroupsTaggingAPIClient(to),
  };

  async function stop(): Promise<void> {
    await ecs.stop();
    clock.stop();
    balancer.stop();
    await server.stop();
    for (const client of Object.values(clients)) client.destroy();
  }
  /** Calls an operation at once, without the way over HTTP. */
  const callEcs = (operation: string, input: object) =>
    ecs.service.operations[operation]?.(input, { operation, caller: 'operator' });
  return { clock, balancer, events, tasks: ecs.tasks, stop, callEcs, ...clients };
}

export type ContainerLab = Awaited<ReturnType<typeof startContainerLab>>;
