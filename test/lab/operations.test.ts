import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, startLab } from '../../lab/world.ts';

const document = readFileSync(join(import.meta.dirname, '../../lab/OPERATIONS.md'), 'utf8');

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

/** The first column of a section's table. */
function documented(heading: string): readonly string[] {
  const section = document.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return Array.from(section.matchAll(/^\| ([A-Z]\w+(?:, \w+)*) \|/gm), ([, names = '']) => names.split(', ')).flat();
}

/** A fault for an operation that no service has is refused with those that there are. */
async function performed(service: string): Promise<readonly string[]> {
  const body = JSON.stringify({ service, operation: 'Nothing', fault: '500' });
  const answer = await fetch(`${lab.url}/_lab/faults`, { method: 'POST', body });
  const { error } = (await answer.json()) as { error: string };
  return error.split('use one of ')[1]?.split(', ') ?? [];
}

it.each([
  ['ACM', 'acm'],
  ['Private CA', 'acm-pca'],
  ['Secrets Manager', 'secretsmanager'],
  ['ECS', 'ecs'],
  ['EC2', 'ec2'],
  ['Tagging', 'tagging'],
  ['SQS', 'sqs'],
  ['SNS', 'sns'],
  ['EventBridge', 'events'],
  ['Lambda', 'lambda'],
  ['STS', 'sts'],
  ['CloudWatch', 'monitoring'],
  ['IAM', 'iam'],
  ['Security Hub', 'securityhub'],
  ['Systems Manager', 'ssm'],
])('OPERATIONS.md lists what %s performs, no more and no less', async (heading, service) => {
  const names = await performed(service);
  expect(names.length).toBeGreaterThan(0);
  expect(documented(heading).toSorted()).toEqual(names.toSorted());
});
