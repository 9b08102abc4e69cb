import { DescribeTasksCommand, ECSClient, paginateListTasks, type Task } from '@aws-sdk/client-ecs';
import { ask } from '../../shared/aws/trouble.ts';

/** The running tasks of one service, whole. Two calls for each hundred. */
export async function runningTasks(
  { cluster, service }: { readonly cluster: string; readonly service: string },
  ecs = new ECSClient({}),
): Promise<readonly Task[]> {
  const pages = await ask('ecs:ListTasks', () =>
    Array.fromAsync(
      paginateListTasks({ client: ecs }, { cluster, serviceName: service, desiredStatus: 'RUNNING', maxResults: 100 }),
    ),
  );
  const found: Task[] = [];
  for (const { taskArns = [] } of pages) {
    if (taskArns.length === 0) continue;
    const answer = await ask('ecs:DescribeTasks', () =>
      ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns })),
    );
    found.push(...(answer.tasks ?? []));
  }
  return found;
}
