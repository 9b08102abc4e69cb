import { ExportCertificateCommand } from '@aws-sdk/client-acm';
import { CreateSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Mail } from '../sns.ts';
import type { Story } from '../teller.ts';
import type { Lab } from '../world.ts';
import { createOperator } from './operator.ts';
import { type Delivery, dateOf, isDelivered, rowOf, type Stage, seconds, until } from './stage.ts';

const day = 86_400 * seconds;

/** From a request to the second certificate on every task, with what goes wrong on the way. */
export const renewal: Story = async (lab, teller) => {
  const operator = await createOperator(lab);
  const stage = { lab, teller, operator };
  await operator.subscribe('on-call@example.com');

  const api = await deliverFirst(stage);
  const shop = await deliverSecond(stage);
  await refuseForeignSecret(stage);
  const untagged = await exportByHand(stage);
  await renew(stage, { api, shop, untagged });
  await doubleTheEvent(stage, api);
  await repairTheLostEvent(stage, shop);
  await readTheMails(stage);
  await lab.clock.advance(Date.now() - lab.clock.now().getTime());
  return Promise.all([api, shop].map((delivery) => rowOf(stage, delivery)));
};

async function deliverFirst(stage: Stage): Promise<Delivery> {
  const { lab, teller, operator } = stage;
  teller.scene(`${dateOf(lab)}: a certificate is requested and tagged, two services use it`);
  const secret = 'courier/api';
  const certificateArn = await operator.request('api.example.com', { 'courier:secret': secret });
  teller.say(`requested api.example.com from the private authority, tagged courier:secret=${secret}`);
  await until(stage, 'Waiting for ACM, the event and the first delivery', async () =>
    isDelivered(stage, { certificateArn, secret }),
  );
  const { serial } = await operator.inAcm(certificateArn);
  const { versionId } = await operator.inSecret(secret);
  teller.check(
    'ACM Certificate Available → export → inspection → secret',
    versionId.startsWith(serial),
    `version ${versionId}`,
  );

  const delivery = { name: 'api.example.com', certificateArn, secret, services: ['web', 'admin'] };
  for (const service of delivery.services) await operator.runService({ name: service, secret });
  await until(
    stage,
    'Waiting for the tasks',
    async () => (await operator.served(delivery.name, delivery.services)).length === 2,
  );
  await checkServed(stage, delivery, { serial, what: 'a TLS client verifies both services' });
  return delivery;
}

async function deliverSecond(stage: Stage): Promise<Delivery> {
  const { teller, operator } = stage;
  const secret = 'courier/shop';
  const certificateArn = await operator.request('shop.example.com', { 'courier:secret': secret });
  await until(stage, 'Waiting for the second delivery', () => isDelivered(stage, { certificateArn, secret }));
  await operator.runService({ name: 'shop', secret });
  await until(
    stage,
    'Waiting for the task',
    async () => (await operator.served('shop.example.com', ['shop'])).length === 1,
  );
  teller.say('likewise shop.example.com, in secret courier/shop, used by service shop');
  return { name: 'shop.example.com', certificateArn, secret, services: ['shop'] };
}

async function refuseForeignSecret(stage: Stage): Promise<void> {
  const { lab, teller, operator } = stage;
  teller.scene(`${dateOf(lab)}: a certificate is tagged for a secret that belongs to somebody else`);
  const secret = 'courier/payments';
  await operator.secrets.send(new CreateSecretCommand({ Name: secret, SecretString: 'a password, not a certificate' }));
  await operator.request('pay.example.com', { 'courier:secret': secret });
  await until(stage, 'Waiting for the refusal', () => isTold(lab, 'SecretNotOurs'));
  const { SecretString } = await operator.secrets.send(new GetSecretValueCommand({ SecretId: secret }));
  const untouched = SecretString === 'a password, not a certificate';
  teller.check('a secret that is not ours is refused and left alone', untouched, subjectOf(lab, 'SecretNotOurs'));
}

/** Somebody exports by hand: that keeps the certificate renewable, but nobody carries the renewed one anywhere. */
async function exportByHand({ lab, teller, operator }: Stage): Promise<string> {
  const certificateArn = await operator.request('legacy.example.com');
  await lab.clock.advance(10 * seconds);
  const Passphrase = new TextEncoder().encode('not a secret in a lab');
  await operator.acm.send(new ExportCertificateCommand({ CertificateArn: certificateArn, Passphrase }));
  teller.say('legacy.example.com is not tagged; somebody exports it by hand');
  return certificateArn;
}

async function renew(stage: Stage, { api, shop, untagged }: { api: Delivery; shop: Delivery; untagged: string }) {
  const { lab, teller, operator } = stage;
  const before = (await operator.inAcm(api.certificateArn)).serial;
  teller.scene('Eleven months pass');
  // The renewals come in the order of the requests: api, shop, legacy. The second event gets lost, as ACM's may.
  lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault: 'lose', nth: 2 });
  const first = (await operator.inAcm(untagged)).serial;
  const renewed = async () => (await operator.inAcm(untagged)).serial !== first && isTold(lab, 'NotTagged');
  await until(stage, 'Eleven months pass', renewed, { step: day, steps: 360 });
  const { serial } = await operator.inAcm(api.certificateArn);
  teller.scene(`${dateOf(lab)}: ACM has renewed, 60 days before the end`);
  teller.check('the renewal made a new certificate', serial !== before, `${before} → ${serial}`);

  await until(stage, 'Waiting for the new version and two restarts', () => isDelivered(stage, api));
  teller.say(`event → export → version ${(await operator.inSecret(api.secret)).versionId} → two restarts`);
  await checkServed(stage, api, { serial, what: 'every task of both services serves the new serial' });
  teller.check(
    'an untagged certificate gets a notice with the command to deliver it',
    mailOf(lab, 'NotTagged')?.body.includes('aws acm add-tags-to-certificate') ?? false,
    subjectOf(lab, 'NotTagged'),
  );
  const wanted = (await operator.inAcm(shop.certificateArn)).serial;
  const stale = (await operator.served(shop.name, shop.services)).map(({ servedSerial }) => servedSerial);
  teller.check(
    'the event for shop.example.com got lost: its task still serves the old serial',
    stale.length === 1 && stale[0] !== wanted,
    `${stale.join() || 'nothing'}, and ACM has ${wanted}`,
  );
}

async function doubleTheEvent(stage: Stage, api: Delivery): Promise<void> {
  const { lab, teller, operator } = stage;
  const seen = async () => JSON.stringify([await operator.inSecret(api.secret), await lab.tasks(), lab.mail().length]);
  const looks = () =>
    lab.calls().filter(({ operation, caller }) => operation === 'DescribeCertificate' && caller.endsWith('-deliver'))
      .length;
  const [before, looksBefore] = [await seen(), looks()];
  const event = lab
    .events()
    .findLast(
      ({ resources, detail }) =>
        resources[0] === api.certificateArn && (detail as { Action?: string }).Action === 'RENEWAL',
    );
  if (!event) throw new Error('The lab has no renewal event for api.example.com');
  for (let times = 0; times < 2; times++) await operator.handOver(event);
  await lab.clock.advance(120 * seconds);
  const [after, looked] = [await seen(), looks() - looksBefore];
  teller.check(
    'the same event twice more changes nothing',
    after === before && looked === 2,
    after === before ? `${looked} more looks, same version, same tasks, no mail` : `${before} became ${after}`,
  );
}

async function repairTheLostEvent(stage: Stage, shop: Delivery): Promise<void> {
  const { lab, teller, operator } = stage;
  teller.scene(`${dateOf(lab)}: an engineer exports shop.example.com again, by hand`);
  const plan = await operator.reExport({ domainName: shop.name, dryRun: true });
  for (const { text } of plan.plan) teller.say(`would ${text}`);
  const answer = await operator.reExport({ domainName: shop.name });
  teller.check('re-export queues it', answer.ok, answer.results.map(({ state }) => state).join());
  await until(stage, 'Waiting for the delivery', () => isDelivered(stage, shop));
  const { serial } = await operator.inAcm(shop.certificateArn);
  await checkServed(stage, shop, { serial, what: 'the lost event is repaired: the task serves the new serial' });
}

async function readTheMails({ lab, teller }: Stage): Promise<void> {
  const mails = lab.mail();
  const isDelivery = ({ attributes }: Mail) => attributes.reason === 'Delivered';
  teller.scene(`The mails: ${mails.filter(isDelivery).length} of deliveries (severity info, off by default)`);
  for (const { subject } of mails.filter(isDelivery)) teller.say(subject);
  const others = mails.filter((mail) => !isDelivery(mail));
  teller.scene(`and ${others.length} that ask for something:`);
  for (const mail of others) teller.mail(mail);
}

async function checkServed(stage: Stage, delivery: Delivery, { serial, what }: { serial: string; what: string }) {
  const served = await stage.operator.served(delivery.name, delivery.services);
  const ok = served.length === delivery.services.length && served.every(({ servedSerial }) => servedSerial === serial);
  const seen = served.map(({ service, host, port, servedSerial }) => `${service} ${host}:${port} ${servedSerial}`);
  stage.teller.check(what, ok, seen.join('\n') || 'no task answers');
}

const mailOf = (lab: Lab, reason: string) => lab.mail().find(({ attributes }) => attributes.reason === reason);
const isTold = async (lab: Lab, reason: string) => mailOf(lab, reason) !== undefined;
const subjectOf = (lab: Lab, reason: string) => mailOf(lab, reason)?.subject ?? 'no mail';
