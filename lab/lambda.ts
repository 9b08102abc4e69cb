import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import {
  createFunctionRunner,
  type FunctionRunner,
  type FunctionSettings,
  type LogLine,
  type Surroundings,
} from './function-runner.ts';
import type { Iam } from './iam.ts';
import type { Queue, ReceivedMessage } from './queue.ts';
import { AwsError, arn, type HttpAnswer, type HttpRequest, refuse, region, type Service } from './service.ts';
import type { Sqs } from './sqs.ts';

/** AWS::Lambda::EventInvokeConfig. */
type AsyncSettings = {
  readonly FunctionName: string;
  /** 0 to 2, after 1 and 2 minutes. */
  readonly MaximumRetryAttempts?: number;
  /** A queue that gets the record of an invocation which failed for good. */
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination: string } };
};

/** AWS::Lambda::EventSourceMapping of a queue. */
type Mapping = {
  readonly FunctionName: string;
  readonly EventSourceArn: string;
  readonly BatchSize?: number;
  readonly ScalingConfig?: { readonly MaximumConcurrency: number };
  readonly FunctionResponseTypes?: readonly 'ReportBatchItemFailures'[];
};

export type Lambda = ReturnType<typeof createLambda>;

const paths = /^(POST|GET) \/2015-03-31\/functions\/([^/]+)\/(invocations|configuration)$/;
/** Of a new account; what functions reserve counts for nothing here. */
const accountLimit = { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 1_000 };
const minuteMs = 60_000;

type Parts = { clock: Clock; sqs: Pick<Sqs, 'byArn'>; iam: Pick<Iam, 'demand'>; surroundings: Surroundings };

/** Functions as processes on the lab's clock. */
export function createLambda({ clock, sqs, iam, surroundings }: Parts) {
  const functions = new Map<string, FunctionRunner>();
  const asyncSettings = new Map<string, AsyncSettings>();
  const logs: LogLine[] = [];
  let stopped = false;

  function find(nameOrArn: string): FunctionRunner {
    const name = nameOf(nameOrArn);
    const message = `Function not found: ${functionArn(name)}`;
    return functions.get(name) ?? refuse('ResourceNotFoundException', message, { status: 404 });
  }

  async function invoke({ FunctionName, InvocationType: type, Payload: event }: InvokeInput): Promise<HttpAnswer> {
    const runner = find(FunctionName);
    checkJson(event);
    if (type === 'DryRun') refuse('InvalidParameterValueException', 'The lab runs nothing dry.');
    if (type === 'Event') {
      invokeLater(FunctionName, event);
      return answer(202, '');
    }
    if (runner.full()) refuse('TooManyRequestsException', 'Rate Exceeded.', { status: 429 });
    const { ok, payload } = await runner.run(event, randomUUID());
    return answer(200, payload, ok ? {} : { 'x-amz-function-error': 'Unhandled' });
  }

  /** Takes an asynchronous invocation (`event` is JSON); false where there is no such function. */
  function invokeLater(nameOrArn: string, event: string): boolean {
    const runner = functions.get(nameOf(nameOrArn));
    if (runner) clock.busy(attempt(runner, { event, requestId: randomUUID(), number: 1 }));
    return runner !== undefined;
  }

  async function attempt(runner: FunctionRunner, call: AsyncCall): Promise<void> {
    const { MaximumRetryAttempts: retries = 2, DestinationConfig } = asyncSettings.get(runner.settings.name) ?? {};
    const result = await runner.run(call.event, call.requestId);
    if (result.ok || stopped) return;
    if (call.number <= retries) {
      const again = new Date(clock.now().getTime() + call.number * minuteMs);
      clock.at(again, () => attempt(runner, { ...call, number: call.number + 1 }));
    } else {
      const body = JSON.stringify(failureRecord(runner, { call, payload: result.payload, clock }));
      sqs.byArn(DestinationConfig?.OnFailure?.Destination ?? '')?.send({ body });
    }
  }

  /** As CreateEventSourceMapping, for a queue. */
  function map(mapping: Mapping): void {
    const runner = find(mapping.FunctionName);
    const queue = sqs.byArn(mapping.EventSourceArn);
    if (!queue) throw new Error(`There is no queue "${mapping.EventSourceArn}"`);
    const { timeoutSeconds } = runner.settings;
    if (queue.visibilitySeconds < timeoutSeconds)
      throw new Error(
        `Queue visibility timeout: ${queue.visibilitySeconds} seconds is less than Function timeout: ${timeoutSeconds} seconds`,
      );
    for (const call of ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'])
      iam.demand(runner.settings.name, { action: `sqs:${call}`, resource: queue.arn });
    poll(queue, { runner, mapping });
  }

  function poll(queue: Queue, { runner, mapping }: { runner: FunctionRunner; mapping: Mapping }): void {
    const { BatchSize = 10, ScalingConfig: { MaximumConcurrency } = { MaximumConcurrency: 5 } } = mapping;
    const reportsItems = mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures');
    let underWay = 0;

    function look(): void {
      while (!stopped && underWay < MaximumConcurrency) {
        const messages = queue.receive(BatchSize);
        if (messages.length === 0) return;
        underWay += 1;
        clock.busy(handle(messages));
      }
    }

    async function handle(messages: readonly ReceivedMessage[]): Promise<void> {
      const event = JSON.stringify({ Records: messages.map((message) => recordOf(message, queue)) });
      const result = await runner.run(event, randomUUID());
      const failed = result.ok && reportsItems ? failedItems(result.payload, messages) : new Set();
      // A failed function keeps the whole batch in flight: it comes back when its visibility ends.
      if (result.ok) for (const one of messages) if (!failed.has(one.messageId)) release(queue, one);
      underWay -= 1;
      look();
    }

    queue.watch(look);
  }

  /** As CreateFunction: answers the ARN. */
  function create(settings: FunctionSettings): string {
    const parts = { surroundings, clockOffset: clock.offset, log: (line: LogLine) => void logs.push(line) };
    functions.set(settings.name, createFunctionRunner(settings, parts));
    return functionArn(settings.name);
  }

  function configureAsync(settings: AsyncSettings): void {
    const { name } = find(settings.FunctionName).settings;
    const resource = settings.DestinationConfig?.OnFailure?.Destination;
    if (resource) iam.demand(name, { action: 'sqs:SendMessage', resource });
    asyncSettings.set(name, settings);
  }

  async function stop(): Promise<void> {
    stopped = true;
    await Promise.all([...functions.values()].map((runner) => runner.stop()));
  }

  function configuration({ FunctionName }: Pick<InvokeInput, 'FunctionName'>): HttpAnswer {
    const { name, handler, timeoutSeconds: Timeout, memoryMb: MemorySize, environment } = find(FunctionName).settings;
    const names = { FunctionName: name, FunctionArn: functionArn(name), Handler: handler };
    return answer(200, JSON.stringify({ ...names, Timeout, MemorySize, Environment: { Variables: environment } }));
  }

  function route({ method, path, headers, body }: HttpRequest) {
    if (path === '/2016-08-19/account-settings') return { operation: 'GetAccountSettings' };
    const [, verb, name, what] = paths.exec(`${method} ${path}`) ?? [];
    if (name === undefined || (verb === 'POST') !== (what === 'invocations')) return null;
    if (verb === 'GET')
      return { operation: 'GetFunctionConfiguration', input: { FunctionName: decodeURIComponent(name) } };
    const InvocationType = headers['x-amz-invocation-type'] ?? 'RequestResponse';
    return {
      operation: 'Invoke',
      input: { FunctionName: decodeURIComponent(name), InvocationType, Payload: body || '{}' },
    };
  }

  const operations = {
    Invoke: invoke,
    GetFunctionConfiguration: configuration,
    GetAccountSettings: () => answer(200, JSON.stringify({ AccountLimit: accountLimit })),
  };
  const service: Service = { name: 'lambda', protocol: 'rest-json', target: '', operations, route };
  /** All that functions wrote, oldest first. */
  return { service, create, configureAsync, map, invokeLater, logs: (): readonly LogLine[] => logs, stop };
}

type InvokeInput = { readonly FunctionName: string; readonly InvocationType: string; readonly Payload: string };
type AsyncCall = { readonly event: string; readonly requestId: string; readonly number: number };

/** Of a name, an ARN (`arn:…:function:NAME`) or either with a qualifier. */
const nameOf = (nameOrArn: string) => /(?:^|:function:)([\w-]+)(?::[\w$-]+)?$/.exec(nameOrArn)?.[1] ?? nameOrArn;

const functionArn = (name: string) => arn('lambda', `function:${name}`);

function checkJson(event: string): void {
  try {
    JSON.parse(event);
  } catch {
    refuse('InvalidRequestContentException', 'Could not parse request body into json');
  }
}

const answer = (status: number, body: string, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST', ...headers },
  body,
});

type Failure = { readonly call: AsyncCall; readonly payload: string; readonly clock: Clock };

/** As destinations get it: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function failureRecord({ settings }: FunctionRunner, { call, payload, clock }: Failure): object {
  return {
    version: '1.0',
    timestamp: clock.now().toISOString(),
    requestContext: {
      requestId: call.requestId,
      functionArn: `${functionArn(settings.name)}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: call.number,
    },
    requestPayload: JSON.parse(call.event),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: JSON.parse(payload),
  };
}

function recordOf(message: ReceivedMessage, queue: Queue): object {
  const { messageId, receiptHandle, body, attributes } = message;
  const named = Object.entries(message.messageAttributes);
  const messageAttributes = Object.fromEntries(
    named.map(([name, { DataType, StringValue }]) => [name, { dataType: DataType, stringValue: StringValue }]),
  );
  const source = { eventSource: 'aws:sqs', eventSourceARN: queue.arn, awsRegion: region };
  return { messageId, receiptHandle, body, attributes, messageAttributes, ...source };
}

/** Message ids that the answer hands back; all of them where the answer is malformed or names what was not sent. */
function failedItems(payload: string, messages: readonly ReceivedMessage[]): ReadonlySet<string> {
  const sent = new Set(messages.map(({ messageId }) => messageId));
  const failures: unknown = JSON.parse(payload)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return sent;
  const named = failures.map((failure) => failure?.itemIdentifier);
  return named.every((id) => sent.has(id)) ? new Set(named) : sent;
}

/** A FIFO message whose visibility ended meanwhile comes back, as in AWS, although it was handled. */
function release(queue: Queue, { receiptHandle }: ReceivedMessage): void {
  try {
    queue.remove(receiptHandle);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
  }
}
