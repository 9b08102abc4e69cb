import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MockAws } from './mock-aws.ts';

const root = join(import.meta.dirname, '../..');

/** Milliseconds from the start of a process that loads the bundle to its handler's first answer. */
export function coldStart(bundlePath: string, { event, aws }: { event: unknown; aws: MockAws }): Promise<number> {
  const script = `
    const context = { functionName: 'bench', awsRequestId: 'bench', memoryLimitInMB: '512',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:bench', getRemainingTimeInMillis: () => 30_000 };
    require(${JSON.stringify(bundlePath)}).handler(${JSON.stringify(event)}, context).then(
      () => process.exit(0),
      (error) => { console.error(error); process.exit(1); });`;
  return run(['-e', script], environment(aws));
}

/** What Lambda and the template would set. */
export const environment = (aws: MockAws) => ({
  ...templateVariables(),
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_ENDPOINT_URL: aws.url,
  DELIVERIES_QUEUE_URL: `${aws.url}/111122223333/deliveries.fifo`,
  CONCERNS_QUEUE_URL: `${aws.url}/111122223333/deliveries.fifo`,
  FUNCTION_ARN_PREFIX: 'arn:aws:lambda:us-east-1:111122223333:function:bench-',
  TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:notices',
  KILL_SWITCH: '/acm-courier-bench/acts',
  // The lab's stack has all that one may have; most look at tags only.
  DISCOVER_CONSUMERS: '',
});

/** All variables of all functions that are plain text in the packaged template. */
function templateVariables(): Record<string, string> {
  const { Resources } = JSON.parse(readFileSync(join(root, 'dist/template.json'), 'utf8'));
  const functions = Object.values<{ Properties: { Environment?: { Variables: object } } }>(Resources);
  const variables = functions.flatMap(({ Properties }) => Object.entries(Properties.Environment?.Variables ?? {}));
  return Object.fromEntries(variables.filter(([, value]) => typeof value === 'string'));
}

export function run(args: readonly string[], variables: Readonly<Record<string, string>>): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { env: variables, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(performance.now() - start);
      else reject(new Error(`Cannot measure a handler that fails\n${complaint.slice(-2000)}`));
    });
  });
}
