import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Story } from '../teller.ts';
import { createOperator } from './operator.ts';
import { deliverTo, mailAbout, renewAll } from './rollout.ts';
import { type Delivery, dateOf, isDelivered, rowOf, type Stage, until } from './stage.ts';

/** A good certificate meets a service that does not start any more: the certificate stays, and somebody hears of the service. */
export const brokenImage: Story = async (lab, teller) => {
  const stage = { lab, teller, operator: await createOperator(lab) };
  await stage.operator.subscribe('on-call@example.com');
  const folder = mkdtempSync(join(tmpdir(), 'acm-courier-lab-registry-'));
  const broken = join(folder, 'broken');
  try {
    const api = await deliverToThree(stage, broken);
    writeFileSync(broken, '');
    teller.say('somebody pushes a broken image of worker under the tag that it has; no task notices');
    await renewAll(stage, [api]);
    await stopAtWorker(stage, api);
    rmSync(broken);
    await deliverAgain(stage, api);
    await lab.clock.advance(Date.now() - lab.clock.now().getTime());
    return [await rowOf(stage, api)];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

async function deliverToThree(stage: Stage, BROKEN: string): Promise<Delivery> {
  stage.teller.scene(`${dateOf(stage.lab)}: api.example.com is delivered to web, worker and admin, in this order`);
  const tags = (order: number) => ({ 'courier:probe': '8443', 'courier:order': `${order}` });
  return deliverTo(stage, 'api.example.com', [
    { name: 'web', tags: tags(1) },
    { name: 'worker', image: 'breakable:1', environment: { BROKEN }, circuitBreaker: true, tags: tags(2) },
    { name: 'admin', tags: tags(3) },
  ]);
}

async function stopAtWorker(stage: Stage, api: Delivery): Promise<void> {
  const { lab, teller, operator } = stage;
  const before = await servedBy(stage, api);
  const isTold = async () => mailAbout(stage, api, 'DeploymentFailed') !== undefined;
  await until(stage, 'Waiting for the rollout', isTold, { steps: 360 });
  teller.scene(`${dateOf(lab)}: ACM has renewed, and the restart of worker ships the broken image`);
  const { serial } = await operator.inAcm(api.certificateArn);
  const { versionId } = await operator.inSecret(api.secret);
  const after = await servedBy(stage, api);
  teller.check('a broken image is no evidence: the new certificate stays', versionId.startsWith(serial), versionId);
  teller.check('web serves it', after.web === serial, after.web ?? 'no task answers');
  teller.check(
    'worker still runs its task from before',
    after.worker === before.worker,
    after.worker ?? 'no task answers',
  );
  teller.check(
    'admin, which comes behind it, was not restarted',
    after.admin === before.admin,
    after.admin ?? 'no task answers',
  );
  const mails = lab.mail().filter(({ attributes }) => attributes.reason === 'DeploymentFailed');
  teller.check(
    'one mail, about worker',
    mails.length === 1 && /worker/.test(mails[0]?.subject ?? ''),
    mails[0]?.subject ?? 'none',
  );
  for (const mail of mails) teller.mail(mail);
}

async function deliverAgain(stage: Stage, api: Delivery): Promise<void> {
  const { lab, teller, operator } = stage;
  teller.scene(`${dateOf(lab)}: the image is mended, and an engineer delivers again`);
  const answer = await operator.reExport({ secret: api.secret, force: true });
  teller.check('re-export queues it', answer.ok, answer.results.map(({ state }) => state).join());
  await until(stage, 'Waiting for the delivery', () => isDelivered(stage, api), { steps: 360 });
  const { serial } = await operator.inAcm(api.certificateArn);
  const served = Object.values(await servedBy(stage, api));
  const areAll = served.length === 3 && served.every((one) => one === serial);
  teller.check('all three serve what ACM has', areAll, serial);
}

/** Serials by service. */
const servedBy = async ({ operator }: Stage, { name, services }: Delivery): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await operator.served(name, services)).map(({ service, servedSerial }) => [service, servedSerial]),
  );
