import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { functionResource, getArn, type SmallStack, startSmallStack } from './small-stack.ts';

const functions = {
  // Beside the bundles: a function in place would find it, a deployed one does not.
  '../node_modules/beside': '',
  echo: `exports.handler = async (event, context) => ({
    event, pid: process.pid, now: Date.now(), date: new Date().toISOString(), isDate: new Date() instanceof Date, env: process.env,
    context: { ...context, remaining: context.getRemainingTimeInMillis() },
  });`,
  // Each call says what it does: fail, never answer, exit, write, load what the bundle does not have.
  odd: `exports.handler = async ({ how }) => {
    console.log('pid ' + process.pid);
    if (how === 'late') setTimeout(() => process.exit(4), 10);
    if (how === 'throw') throw Object.assign(new RangeError('no such luck'), { key: 'secret' });
    if (how === 'hang') return new Promise((resolve) => setTimeout(resolve, 60000));
    if (how === 'exit') process.exit(3);
    if (how === 'write') for (let line = 0; line < 3000; line += 1) console.log('line ' + line);
    if (how === 'require') require('beside');
  };`,
  // Asks the DNS that it is given, and says what it trusts.
  outward: `exports.handler = async () => {
    const resolver = new (require('node:dns/promises').Resolver)();
    resolver.setServers([process.env.DNS_SERVERS]);
    return { names: await resolver.resolveCname('alias.example.com'), trusted: require('node:tls').getCACertificates() };
  };`,
  slow: `exports.handler = async () => { await new Promise((resolve) => setTimeout(resolve, 300)); return process.pid; };`,
  flaky: `let calls = 0; exports.handler = async () => { calls += 1; console.log('call ' + calls + ' at ' + new Date().toISOString()); throw new Error('again'); };`,
  worker: `exports.handler = async ({ Records }) => {
    for (const { body, messageId, attributes } of Records) console.log(body + ' ' + attributes.ApproximateReceiveCount);
    const [{ body, messageId }] = Records;
    if (body === 'throw') throw new Error('thrown');
    if (body === 'item') return { batchItemFailures: [{ itemIdentifier: messageId }] };
    if (body === 'stranger') return { batchItemFailures: [{ itemIdentifier: 'nobody' }] };
  };`,
};

const template = {
  Resources: {
    Echo: functionResource('echo', {
      Timeout: 7,
      MemorySize: 256,
      Environment: { Variables: { COLOUR: 'blue', COUNT: 3 } },
    }),
    Outward: functionResource('outward', { Environment: { Variables: { DNS_SERVERS: '' } } }),
    Odd: functionResource('odd', { Timeout: 5 }),
    Slow: functionResource('slow', { ReservedConcurrentExecutions: 1 }),
    Flaky: functionResource('flaky'),
    FlakyConfig: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: 'Flaky' },
        Qualifier: '$LATEST',
        DestinationConfig: { OnFailure: { Destination: getArn('Failed') } },
      },
    },
    Failed: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'failed' } },
    Worker: functionResource('worker'),
    Work: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'work.fifo', FifoQueue: true, VisibilityTimeout: 60 } },
    WorkerMapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: { Ref: 'Worker' },
        EventSourceArn: getArn('Work'),
        BatchSize: 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    },
  },
};

let lab: SmallStack;
beforeEach(async () => {
  lab = await startSmallStack(template, { functions });
});
afterEach(() => lab.stop());

describe('a function', () => {
  it('runs in a process of its own that is kept warm', async () => {
    const first = (await invoke('echo', {})).payload;
    const second = (await invoke('echo', {})).payload;
    expect(first.pid).not.toBe(process.pid);
    expect(second.pid).toBe(first.pid);
  });

  it('sees what Lambda and the template set, and nothing of the machine', async () => {
    const { env, context } = (await invoke('echo', {})).payload;
    expect(env).toMatchObject({
      COLOUR: 'blue',
      COUNT: '3',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'echo',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
      AWS_ENDPOINT_URL: lab.url,
      TZ: ':UTC',
    });
    const known = /^(AWS_|LAMBDA_|_HANDLER$|TZ$|PATH$|COLOUR$|COUNT$|DNS_SERVERS$|NODE_EXTRA_CA_CERTS$)/;
    expect(Object.keys(env).filter((name) => !known.test(name))).toEqual([]);
    expect(context).toMatchObject({
      functionName: 'echo',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:echo',
      memoryLimitInMB: '256',
      logGroupName: '/aws/lambda/echo',
    });
    expect(context.remaining).toBeGreaterThan(0);
    expect(context.remaining).toBeLessThanOrEqual(7000);
  });

  it("asks the lab's DNS, whatever its template says, and trusts the lab's public CA", async () => {
    lab.dns.add({ name: 'alias.example.com', type: 'CNAME', data: 'target.example.com' });
    const { names, trusted } = (await invoke('outward', {})).payload;
    expect(names).toEqual(['target.example.com']);
    expect(trusted.map((pem: string) => pem.trim())).toContain(lab.authority.publicCa.chainPem);
  });

  it('sees lab time, also after the clock was moved', async () => {
    for (const days of [0, 30]) {
      await lab.clock.advance(days * 86_400_000);
      const { now, date, isDate } = (await invoke('echo', {})).payload;
      expect(Math.abs(now - lab.clock.now().getTime())).toBeLessThan(30_000);
      expect(date.slice(0, 10)).toBe(new Date(now).toISOString().slice(0, 10));
      expect(isDate).toBe(true);
    }
  });

  it.each(['echo', 'arn:aws:lambda:us-east-1:111122223333:function:echo', 'echo:$LATEST'])(
    'is invoked as "%s"',
    async (name) => {
      expect((await invoke(name, { a: 1 })).payload.event).toEqual({ a: 1 });
    },
  );

  it('answers null where it returns nothing', async () => {
    expect(await invoke('odd', {})).toEqual({ error: undefined, payload: null });
  });

  it.each([
    ['throw', { errorType: 'RangeError', errorMessage: 'no such luck' }],
    [
      'hang',
      {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 5.00 seconds$/),
      },
    ],
    [
      'exit',
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringContaining('Runtime exited with error: exit status 3'),
      },
    ],
    ['require', { errorType: 'Error', errorMessage: expect.stringContaining("Cannot find module 'beside'") }],
  ])('that fails by "%s" answers as Lambda does, and works again the next time', async (how, payload) => {
    expect(await invoke('odd', { how })).toMatchObject({ error: 'Unhandled', payload });
    expect(await invoke('odd', {})).toMatchObject({ error: undefined });
  });

  it.each(['hang', 'late'])('whose process ends by "%s" leaves nothing, and works again the next time', async (how) => {
    await invoke('odd', { how });
    const pid = Number(lab.logs()[0]?.line.split(' ')[1]);
    await expect.poll(() => isRunning(pid), { timeout: 30_000 }).toBe(false);
    expect(await invoke('odd', {})).toMatchObject({ error: undefined });
  });

  it('has its lines kept as logs before it has answered', async () => {
    await invoke('odd', { how: 'write' });
    expect(lab.logs()).toHaveLength(3001);
    expect(lab.logs().at(-1)).toEqual({ function: 'odd', line: 'line 2999' });
  });

  it('runs as many at a time as its reserved concurrency says', async () => {
    const calls = await Promise.allSettled([invoke('slow', {}), invoke('slow', {})]);
    expect(calls.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(calls.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { name: 'TooManyRequestsException' },
    });
  });

  it('leaves no process when the lab stops', async () => {
    const { pid } = (await invoke('echo', {})).payload;
    const hanging = invoke('odd', { how: 'hang' }).catch((error) => error);
    await lab.stop();
    expect(isRunning(pid)).toBe(false);
    await hanging;
    lab = await startSmallStack({ Resources: {} });
  });
});

it('a function ends with its lab, however that ended and whatever the function is doing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'function-'));
  await writeFile(join(folder, 'index.js'), functions.odd);
  const script = join(import.meta.dirname, '../../lab/function-process.ts');
  const child = fork(script, [folder, 'index.handler', '0', 'end'], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  child.send({ event: '{"how":"hang"}', timeoutMs: 60_000, clockOffset: 0, context: {} });
  await once(child.stdout as Readable, 'data');
  const exit = once(child, 'exit');
  child.disconnect();
  expect(await exit).toEqual([0, null]);
  await rm(folder, { recursive: true });
});

describe('what the API refuses', () => {
  it.each([
    ['a function that does not exist', 'nobody', '{}', 'ResourceNotFoundException'],
    ['a payload that is not JSON', 'echo', '{', 'InvalidRequestContentException'],
  ])('is %s', async (_, FunctionName, Payload, name) => {
    const command = new InvokeCommand({ FunctionName, Payload: Buffer.from(Payload) });
    await expect(new LambdaClient(lab.client).send(command)).rejects.toMatchObject({ name });
  });
});

describe('an asynchronous invocation', () => {
  it('that fails is tried again after one and two minutes, then told to the failure queue', async () => {
    await new LambdaClient(lab.client).send(
      new InvokeCommand({ FunctionName: 'flaky', InvocationType: 'Event', Payload: Buffer.from('{"a":1}') }),
    );
    await lab.clock.settled();
    expect(callsSeen()).toHaveLength(1);
    await lab.clock.advance(30_000);
    expect(callsSeen()).toHaveLength(1);
    await lab.clock.advance(30_000);
    expect(callsSeen()).toHaveLength(2);
    await lab.clock.advance(90_000);
    expect(callsSeen()).toHaveLength(2);
    await lab.clock.advance(30_000);
    expect(callsSeen()).toHaveLength(3);
    const [failure] = await received('failed');
    expect(failure).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      requestPayload: { a: 1 },
      responseContext: { functionError: 'Unhandled' },
      responsePayload: { errorMessage: 'again' },
    });
    await lab.clock.advance(3_600_000);
    expect(callsSeen()).toHaveLength(3);
  });

  const callsSeen = () => lab.logs().filter(({ line }) => line.startsWith('call '));
});

describe('a queue that a function is mapped to', () => {
  it('hands over a message at once, and is rid of it when it was handled', async () => {
    await send('fine');
    await lab.clock.settled();
    expect(linesOf('worker')).toEqual(['fine 1']);
    await lab.clock.advance(3_600_000);
    expect(linesOf('worker')).toEqual(['fine 1']);
  });

  it.each(['throw', 'item', 'stranger'])(
    'gives the message back when its visibility ends, after a failure by "%s"',
    async (how) => {
      await send(how);
      await lab.clock.settled();
      expect(linesOf('worker')).toEqual([`${how} 1`]);
      await lab.clock.advance(60_000);
      expect(linesOf('worker')).toEqual([`${how} 1`, `${how} 2`]);
    },
  );

  it('hands over one message of a group after the other', async () => {
    for (const body of ['a', 'b', 'c']) await send(body);
    await lab.clock.settled();
    expect(linesOf('worker')).toEqual(['a 1', 'b 1', 'c 1']);
  });

  const linesOf = (name: string) =>
    lab.logs().flatMap((line) => (line.function === name && !line.line.startsWith('Invoke Error') ? [line.line] : []));
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function invoke(FunctionName: string, event: object) {
  const answer = await new LambdaClient(lab.client).send(
    new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  return { error: answer.FunctionError, payload: JSON.parse(answer.Payload?.transformToString() ?? '') };
}

let sent = 0;
async function send(body: string): Promise<void> {
  const ids = { MessageGroupId: 'group', MessageDeduplicationId: `id-${++sent}` };
  await new SQSClient(lab.client).send(
    new SendMessageCommand({ QueueUrl: `${lab.url}/111122223333/work.fifo`, MessageBody: body, ...ids }),
  );
}

async function received(queue: string): Promise<unknown[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: `${lab.url}/111122223333/${queue}`, MaxNumberOfMessages: 10 });
  const { Messages = [] } = await new SQSClient(lab.client).send(command);
  return Messages.map(({ Body = '' }) => JSON.parse(Body));
}
