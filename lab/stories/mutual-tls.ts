import { createPrivateKey } from 'node:crypto';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { ExportCertificateCommand, RenewCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import type { Target, TargetGroup } from '../forwarder.ts';
import { programOf } from '../program.ts';
import type { DeliveryRow, Story } from '../teller.ts';
import type { Lab } from '../world.ts';
import { createOperator } from './operator.ts';
import { isDelivered, type Stage, seconds, until } from './stage.ts';

/** One of the two: its certificate, from a hierarchy of its own, and the load balancer before its tasks. */
type Member = {
  readonly name: string;
  readonly service: string;
  readonly secret: string;
  readonly certificateArn: string;
  readonly caArn: string;
  /** PEM, of the hierarchy's root. */
  readonly root: string;
  readonly group: TargetGroup;
};
type Pair = { readonly gateway: Member; readonly teller: Member };

/** Two services whose certificates come from different authorities trust each other, and go on while both are renewed. */
export const mutualTls: Story = async (lab, teller) => {
  const operator = await createOperator(lab);
  const stage = { lab, teller, operator };
  await operator.subscribe('on-call@example.com');
  const pair = await deliverBoth(stage);
  await startBoth(stage, pair);
  await checkRefusals(stage, pair);
  await checkStatistics(stage, pair, 'the teller saw handshakes, and none without a client certificate');
  await renewBoth(stage, pair);
  await checkStatistics(stage, pair, "the teller's new task saw handshakes, and none without a client certificate");
  return Promise.all([pair.gateway, pair.teller].map((member) => rowOf(stage, member)));
};

async function deliverBoth(stage: Stage): Promise<Pair> {
  const { lab, teller } = stage;
  teller.scene('Two authorities, a certificate from each: a gateway, and a teller that only the gateway may ask');
  const otherRoot = await lab.authority.certify({ issuerArn: 'self' });
  const other = await lab.authority.certify({ issuerArn: otherRoot.arn });
  const { root, subordinate } = lab.caArns;
  return {
    gateway: await deliver(stage, 'gateway', { rootArn: root, caArn: subordinate }),
    teller: await deliver(stage, 'teller', { rootArn: otherRoot.arn, caArn: other.arn }),
  };
}

async function deliver(stage: Stage, service: string, { rootArn, caArn }: { rootArn: string; caArn: string }) {
  const { lab, operator, teller } = stage;
  const name = `${service}.example.com`;
  const secret = `courier/${service}`;
  const certificateArn = await request(stage, name, { caArn, secret });
  await until(stage, `Waiting for the delivery of ${name}`, () => isDelivered(stage, { certificateArn, secret }));
  teller.say(`${name} is delivered to secret ${secret}`);
  const member = { name, service, secret, certificateArn, caArn };
  return { ...member, root: await operator.certificateOf(rootArn), group: await lab.balancer.create(8443) };
}

async function request({ operator }: Stage, name: string, { caArn, secret }: { caArn: string; secret?: string }) {
  const { CertificateArn = '' } = await operator.acm.send(
    new RequestCertificateCommand({
      DomainName: name,
      CertificateAuthorityArn: caArn,
      KeyAlgorithm: 'EC_prime256v1',
      ...(secret && { Tags: [{ Key: 'courier:secret', Value: secret }] }),
    }),
  );
  return CertificateArn;
}

async function startBoth(stage: Stage, { gateway, teller }: Pair): Promise<void> {
  const envoy = programOf('envoy') !== null;
  const image = envoy ? 'envoy:1' : 'https-server:1';
  const configured = (CONFIGURATION: string) =>
    envoy ? { CONFIGURATION } : { UPSTREAM: `https://${teller.name}:8443` };
  await run(stage, teller, {
    image,
    environment: { CLIENT_CA: gateway.root, ...(envoy && configured('teller.yaml')) },
  });
  await run(stage, gateway, {
    image,
    environment: { UPSTREAM_CA: teller.root, UPSTREAM_HOST: teller.group.host, ...configured('gateway.yaml') },
  });
  const program = envoy ? 'Envoy' : 'Node.js, for Envoy is not installed';
  stage.teller.say(`both run behind load balancers, as ${program}`);
  const answer = await ask(gateway.group, { name: gateway.name, ca: gateway.root });
  const ok = answer.body?.includes('"service":"teller"') ?? false;
  stage.teller.check('the gateway asks the teller, each verifying the other', ok, `${answer.seen}, by ${program}`);
}

type Image = { readonly image: string; readonly environment: Readonly<Record<string, string>> };

async function run(stage: Stage, { service, secret, group }: Member, { image, environment }: Image): Promise<void> {
  await stage.lab.clock.advance(2 * seconds);
  await stage.operator.runService({ name: service, secret, image, environment, targetGroup: group });
  await until(stage, `Waiting for ${service}`, async () => (await tasksOf(stage.lab, service)).length === 1);
}

const tasksOf = async (lab: Lab, service: string) => (await lab.tasks()).filter((task) => task.service === service);

/** From the admin port of each task, which is for operators and not behind the load balancer. */
async function checkStatistics({ lab, teller: told }: Stage, { teller }: Pair, what: string): Promise<void> {
  const [task] = await tasksOf(lab, teller.service);
  const statistics = await (await fetch(`http://${task?.host}:9901/stats?filter=ssl`)).text();
  const count = (name: string) =>
    Number(new RegExp(`^listener\\.(?:.*\\.)?ssl\\.${name}: (\\d+)$`, 'm').exec(statistics)?.[1]);
  const [handshakes, without] = [count('handshake'), count('no_certificate')];
  told.check(what, handshakes > 0 && without === 0, `ssl.handshake ${handshakes}, ssl.no_certificate ${without}`);
}

async function checkRefusals(stage: Stage, { gateway, teller }: Pair): Promise<void> {
  const trusting = { name: teller.name, ca: teller.root };
  const without = await ask(teller.group, trusting);
  const [unnamed, unknown] = [/certificate required/, /unknown ca/];
  stage.teller.check('the teller refuses who has no certificate', refuses(without, unnamed), without.seen);
  // In the gateway's name, but from the teller's own authority.
  const stranger = await exported(stage, await request(stage, gateway.name, teller));
  const other = await ask(teller.group, { ...trusting, ...stranger });
  stage.teller.check("the teller refuses another authority's certificate", refuses(other, unknown), other.seen);
  // The example for Envoy wants the gateway's name, too; the stand-in for it only the authority.
  if (programOf('envoy') !== null) {
    const namesake = await exported(stage, await request(stage, 'other.example.com', gateway));
    const named = await ask(teller.group, { ...trusting, ...namesake });
    const ok = refuses(named, /certificate unknown/);
    stage.teller.check("the teller refuses another name of the gateway's authority", ok, named.seen);
  }
  const own = await exported(stage, gateway.certificateArn);
  const right = await ask(teller.group, { ...trusting, ...own });
  stage.teller.check("the teller serves the gateway's", right.body !== null, right.seen);
}

/** Not just that nobody answered: by TLS, and why. */
const refuses = ({ body, seen }: Answer, why: RegExp) => body === null && why.test(seen);

async function exported({ lab, operator }: Stage, CertificateArn: string) {
  await lab.clock.advance(10 * seconds);
  const passphrase = 'not a secret in a lab';
  const answer = await operator.acm.send(
    new ExportCertificateCommand({ CertificateArn, Passphrase: new TextEncoder().encode(passphrase) }),
  );
  const key = createPrivateKey({ key: answer.PrivateKey ?? '', passphrase }).export({ type: 'pkcs8', format: 'pem' });
  return { cert: `${answer.Certificate}\n${answer.CertificateChain}`, key };
}

async function renewBoth(stage: Stage, { gateway, teller }: Pair): Promise<void> {
  stage.teller.scene('Both are renewed while a client goes on asking');
  const client = startClient(gateway.group, { name: gateway.name, ca: gateway.root });
  try {
    await renew(stage, gateway);
    await renew(stage, teller);
  } finally {
    await client.stop();
  }
  const { requests, failures, serials } = client.seen;
  const ok = requests > 0 && failures.length === 0 && serials.size === 2;
  const seen = `${requests} requests, ${failures.length} failed, ${serials.size} serials of the gateway seen`;
  stage.teller.check('no request of the client failed', ok, [seen, ...failures.slice(0, 5)].join('\n'));
}

async function renew(stage: Stage, member: Member): Promise<void> {
  const { lab, operator } = stage;
  const { name, service, certificateArn } = member;
  const before = (await operator.inAcm(certificateArn)).serial;
  await operator.acm.send(new RenewCertificateCommand({ CertificateArn: certificateArn }));
  const renewed = async () => (await operator.inAcm(certificateArn)).serial !== before && isDelivered(stage, member);
  await until(stage, `Waiting for the new certificate of ${name}`, renewed);
  await until(stage, 'Waiting for the old task to go', () => isServed(stage, member));
  const { serial } = await operator.inAcm(certificateArn);
  const served = (await tasksOf(lab, service)).map(({ servedSerial }) => servedSerial).join();
  stage.teller.check(`${service} serves the new serial`, served === serial, `${before} → ${served}`);
}

async function isServed({ lab, operator }: Stage, { service, certificateArn }: Member): Promise<boolean> {
  const [{ serial }, tasks] = await Promise.all([operator.inAcm(certificateArn), tasksOf(lab, service)]);
  return tasks.length === 1 && tasks[0]?.servedSerial === serial;
}

/** Asks one request after the other, each in a connection of its own, until it is told to stop. */
function startClient(target: Target, trust: Trust) {
  const seen = { requests: 0, failures: [] as string[], serials: new Set<string>() };
  let going = true;
  async function goOn(): Promise<void> {
    while (going) {
      const { body, serial, seen: what } = await ask(target, trust);
      seen.requests += 1;
      if (body === null) seen.failures.push(what);
      else seen.serials.add(serial);
      await sleep(20);
    }
  }
  const gone = goOn();
  async function stop(): Promise<void> {
    going = false;
    await gone;
  }
  return { seen, stop };
}

type Trust = { readonly name: string; readonly ca: string; readonly cert?: string; readonly key?: string | Buffer };
/** `body` is null where there was no answer with status 200; `serial` is the one that was served. */
type Answer = { readonly body: string | null; readonly serial: string; readonly seen: string };

/** Asks once, by the name that the certificate must have. */
function ask({ host, port }: Target, { name, ...trust }: Trust): Promise<Answer> {
  return new Promise((resolve) => {
    let serial = '';
    const failed = (why: string) => resolve({ body: null, serial, seen: why });
    get(
      { host, port, servername: name, headers: { host: name }, agent: false, timeout: 5_000, ...trust },
      (response) => {
        const status = `answered ${response.statusCode}`;
        text(response).then(
          (body) =>
            response.statusCode === 200 ? resolve({ body, serial, seen: `${status}: ${body}` }) : failed(status),
          ({ message }) => failed(`refused: ${message}`),
        );
      },
    )
      .once('socket', (socket) =>
        socket.once('secureConnect', () => {
          serial = (socket as TLSSocket).getPeerX509Certificate()?.serialNumber ?? '';
        }),
      )
      .once('timeout', () => failed('no answer within 5 seconds'))
      .once('error', ({ message, reason = message }: Error & { reason?: string }) => failed(`refused: ${reason}`));
  });
}

async function rowOf(
  { lab, operator }: Stage,
  { name, service, secret, certificateArn }: Member,
): Promise<DeliveryRow> {
  const [acm, { versionId }, tasks] = await Promise.all([
    operator.inAcm(certificateArn),
    operator.inSecret(secret),
    tasksOf(lab, service),
  ]);
  const consumers = tasks.map(({ host, port, servedSerial }) => ({
    service,
    host,
    port,
    servedSerial: servedSerial ?? '',
  }));
  return { name, certificateArn, ...acm, secret, versionId, consumers };
}
