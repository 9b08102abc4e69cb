import { type Acm, createAcm } from './acm.ts';
import { type Authority, createAuthority } from './authority.ts';
import { certificateControl } from './certificate-control.ts';
import { type Clock, createClock } from './clock.ts';
import { createCloudWatch } from './cloudwatch.ts';
import { createControl } from './control.ts';
import { createDns, type Dns } from './dns.ts';
import { createEcs, type LabTask } from './ecs.ts';
import { type BusEvent, createEventBridge } from './eventbridge.ts';
import { createFaults, type Faults } from './faults.ts';
import { type Balancer, createBalancer } from './forwarder.ts';
import type { LogLine } from './function-runner.ts';
import { createIam } from './iam.ts';
import { createIamQuery, type LinkedRole } from './iam-query.ts';
import { keepRecords } from './iam-records.ts';
import type { Known } from './iam-request.ts';
import { createInstances } from './instances.ts';
import { createLambda } from './lambda.ts';
import { createPrivateCa } from './private-ca.ts';
import { validated } from './request-model.ts';
import { createScheduler } from './scheduler.ts';
import { createSecretsManager } from './secrets-manager.ts';
import { createSecurityHub, type Finding } from './security-hub.ts';
import { type RecordedCall, type Server, startServer } from './server.ts';
import type { Emit, Service } from './service.ts';
import { createSns, type Mail } from './sns.ts';
import { createSqs } from './sqs.ts';
import { createSsm } from './ssm.ts';
import { createSts } from './sts.ts';
import { createTagging } from './tagging.ts';
import { createTags } from './tags.ts';
import { createDelivery } from './target.ts';
import { applyTemplateFile } from './template.ts';

export type LabOptions = {
  /** On 127.0.0.1; by default one that is free. */
  readonly port?: number;
  /** Lab time at the start; by default 340 days ago, so that a private certificate renews just before the real now. */
  readonly start?: Date;
  /** Path of a packaged template.json; without one there are no functions. */
  readonly template?: string;
  /** Of the template; the others have their defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Access key ids of the operator, each its own secret; `operator` unless a program cannot be given that. */
  readonly operatorKeys?: readonly string[];
  /** botocore's folder `data`: requests are checked by AWS's models there; by default where LAB_MODELS says, or not. */
  readonly models?: string | undefined;
};

export type Lab = {
  readonly url: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly caArns: { readonly root: string; readonly subordinate: string };
  /** What tests change by hand: certificates, CAs and the DNS that ACM and the functions ask, at `address`. */
  readonly acm: Acm;
  readonly authority: Authority;
  readonly balancer: Balancer;
  readonly dns: Dns & { readonly address: string };
  /** ACM's service-linked role. */
  readonly linkedRole: LinkedRole;
  calls(): readonly Pick<RecordedCall, 'service' | 'operation' | 'caller' | 'ok'>[];
  /** The calls with both bodies; the oldest go when there are very many. */
  traffic(): readonly RecordedCall[];
  mail(): readonly Mail[];
  events(): readonly BusEvent[];
  /** Of Security Hub, the newest of each Id. */
  findings(): readonly Finding[];
  logs(): readonly LogLine[];
  tasks(): Promise<readonly LabTask[]>;
  /** Ends every process and connection of the lab. */
  stop(): Promise<void>;
};

const dayMs = 86_400_000;
const startDaysAgo = 340;
const keptCalls = 20_000;

/** The whole lab. Rejects, with nothing left running, where the port is taken or the template cannot be applied. */
export async function startLab({ models = process.env.LAB_MODELS, ...options }: LabOptions = {}): Promise<Lab> {
  const clock = createClock(options.start ?? new Date(Date.now() - startDaysAgo * dayMs));
  const faults = createFaults();
  const traffic: RecordedCall[] = [];
  let server: Server | undefined;
  const url = () => server?.url ?? '';
  // The bus needs the functions that it invokes, and the services that come before them need the bus.
  const emit: Emit = (event) => bus.emit(event);

  const tags = createTags();
  const keyOf: Known['keyOf'] = (input) => secrets.keyOf(input);
  const iam = createIam({ tags, keyOf, ...(options.operatorKeys && { operatorKeys: options.operatorKeys }) });
  const sqs = createSqs({ clock, url });
  const sns = createSns();
  const dns = createDns();
  const dnsAddress = await dns.listen();
  const authority = await createAuthority({ clock });
  const surroundings = { url, dnsServers: dnsAddress, publicRootPem: authority.publicCa.chainPem ?? '' };
  const lambda = createLambda({ clock, sqs, iam, surroundings });
  const delivery = createDelivery({ clock, faults, lambda, sqs });
  const bus = createEventBridge({ clock, faults, delivery });
  const scheduler = createScheduler({ clock, delivery, iam });
  const linkedRole: LinkedRole = { exists: true };
  const acm = createAcm({ clock, emit, authority, tags, dns, linkedRole });
  const secrets = createSecretsManager({ clock, emit, tags });
  const balancer = createBalancer();
  const instances = createInstances();
  const ecs = createEcs({ clock, emit, tags, balancer, instances, readSecret: secrets.read });
  const tagging = createTagging({ tags });
  const hub = createSecurityHub(iam);
  const ssm = createSsm({ clock });
  const cloudwatch = createCloudWatch({ clock, endsOf: acm.endsOf, logs: lambda.logs });
  const services: Service[] = [
    acm,
    createPrivateCa({ authority, clock, revoked: acm.revokedByCa }),
    secrets,
    ecs,
    instances,
    sns,
    sqs,
    bus,
    lambda,
    tagging,
    createSts(iam),
    cloudwatch,
    createIamQuery({ clock, linkedRole }),
    hub,
    ssm,
  ].map(({ service }) => (models ? validated(service, models) : service));

  const calls = () => traffic.map(({ service, operation, caller, ok }) => ({ service, operation, caller, ok }));
  const views = {
    calls,
    tasks: ecs.tasks,
    mail: sns.mail,
    events: bus.events,
    findings: hub.findings,
    logs: lambda.logs,
  };

  const acts = certificateControl({ clock, acm, authority, dns, dnsAddress });

  function record(call: RecordedCall): void {
    traffic.push(call);
    if (traffic.length > keptCalls) traffic.shift();
  }

  async function stop(): Promise<void> {
    clock.stop();
    await Promise.all([lambda.stop(), ecs.stop()]);
    dns.stop();
    balancer.stop();
    await server?.stop();
    keepRecords(iam);
  }

  try {
    const extra = createControl({ clock, faults, services, views, acts });
    server = await startServer({
      services,
      extra,
      clock,
      faults,
      iam,
      onCall: record,
      ...(options.port && { port: options.port }),
    });
    if (options.template)
      await applyTemplateFile(options.template, {
        world: { sqs, sns, ssm, cloudwatch, bus, lambda, iam, scheduler },
        parameters: options.parameters,
      });
  } catch (error) {
    await stop();
    throw error;
  }

  const [root = '', subordinate = ''] = authority.cas.map((ca) => ca.arn);
  const world = { acm, authority, balancer, dns: { ...dns, address: dnsAddress }, linkedRole };
  return { url: url(), clock, faults, caArns: { root, subordinate }, traffic: () => traffic, ...world, ...views, stop };
}
