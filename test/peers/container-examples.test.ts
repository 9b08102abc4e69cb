import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, startLab } from '../../lab/world.ts';
import { lint } from './cfn-lint.ts';
import { judged } from './counterparts.ts';

const folder = join(import.meta.dirname, '../../container');

test.each(['service.yaml', 'kafka/stack.yaml'])('container/%s is clean to cfn-lint', async (file) => {
  expect(await lint(join(folder, file), '--regions', 'us-east-1')).toEqual([]);
  judged('cfn-lint', `container/${file}: clean`);
});

describe('by ECS’s own model, which the lab holds requests to,', () => {
  let lab: Lab;
  let ecs: ECSClient;
  beforeAll(async () => {
    lab = await startLab();
    const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
    ecs = new ECSClient({ endpoint: lab.url, region: 'us-east-1', credentials });
  });
  afterAll(async () => {
    ecs.destroy();
    await lab.stop();
  });
  const register = (definition: object) => ecs.send(new RegisterTaskDefinitionCommand(definition as never));

  test.each(globSync('*/task-definition*.json', { cwd: folder }))('container/%s is a task definition', async (file) => {
    const definition = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const { taskDefinition } = await register(definition);
    expect(taskDefinition).toMatchObject({ family: definition.family, revision: 1 });
  });

  test('one that says where it comes from in another way is none', async () => {
    const containerDefinitions = [{ name: 'x', image: 'x', secrets: [{ name: 'COURIER_CERTIFICATE' }] }];
    await expect(register({ family: 'x', containerDefinitions })).rejects.toThrow(/valueFrom/);
  });
});
