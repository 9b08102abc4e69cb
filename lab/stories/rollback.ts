import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Story } from '../teller.ts';
import { createOperator } from './operator.ts';
import { deliverTo, mailAbout, renewAll, type Watch, watch } from './rollout.ts';
import { type Delivery, dateOf, isDelivered, rowOf, type Stage, until } from './stage.ts';

/**
 * A renewed certificate that a server cannot serve. Where a canary reads the next version it stops there; where there is
 * none it stops at the first service and goes back. The other services never notice.
 */
export const rollback: Story = async (lab, teller) => {
  const stage = { lab, teller, operator: await createOperator(lab) };
  await stage.operator.subscribe('on-call@example.com');
  const volume = mkdtempSync(join(tmpdir(), 'acm-courier-lab-volume-'));
  try {
    const { api, shop } = await deliverBoth(stage, volume);
    const others = await watch(stage, ['web', 'admin', 'shop', 'till']);
    await renewAll(stage, [api, shop]);
    await stopAtCanary(stage, { api, others });
    await goBack(stage, { shop, others });
    await tryAgain(stage, { api, volume });
    await lab.clock.advance(Date.now() - lab.clock.now().getTime());
    return await Promise.all([api, shop].map((one) => rowOf(stage, one)));
  } finally {
    rmSync(volume, { recursive: true });
  }
};

/** `canary` and `edge` keep to the certificate that they know: what is renewed is of no use to them. */
async function deliverBoth(stage: Stage, volume: string) {
  const { lab, teller } = stage;
  teller.scene(`${dateOf(lab)}: two certificates, three services each`);
  const probed = { 'courier:probe': '8443' };
  const pinned = (name: string) => {
    const VOLUME = join(volume, name);
    mkdirSync(VOLUME);
    return { name, image: 'pinned:1', environment: { VOLUME } };
  };
  const api = await deliverTo(stage, 'api.example.com', [
    { ...pinned('canary'), stage: 'COURIER_NEXT', tags: probed },
    { name: 'web', tags: probed },
    { name: 'admin', tags: probed },
  ]);
  teller.say('api.example.com: canary reads the stage COURIER_NEXT, web and admin what is current');
  const shop = await deliverTo(stage, 'shop.example.com', [
    { ...pinned('edge'), tags: { ...probed, 'courier:order': '1' } },
    { name: 'shop', tags: probed },
    { name: 'till', tags: probed },
  ]);
  teller.say('shop.example.com: no canary; edge is tagged courier:order=1, so that it goes first');
  return { api, shop };
}

type Scene = { readonly others: Watch };

async function stopAtCanary(stage: Stage, { api, others }: Scene & { readonly api: Delivery }): Promise<void> {
  const { lab, teller, operator } = stage;
  const { versionId } = await operator.inSecret(api.secret);
  const isTold = async () => mailAbout(stage, api, 'CanaryFailed') !== undefined;
  await until(stage, 'Waiting for the canary', isTold, { steps: 360 });
  teller.scene(`${dateOf(lab)}: ACM has renewed api.example.com, and the canary cannot serve it`);
  const { serial } = await operator.inAcm(api.certificateArn);
  const current = (await operator.inSecret(api.secret)).versionId;
  teller.check(
    'the new version does not become current',
    current === versionId && !current.startsWith(serial),
    current,
  );
  teller.check('web and admin were not touched', await others.unchanged(), 'the same tasks serve as before');
  const mail = mailAbout(stage, api, 'CanaryFailed');
  if (mail) teller.mail(mail);
}

async function goBack(stage: Stage, { shop, others }: Scene & { readonly shop: Delivery }): Promise<void> {
  const { lab, teller, operator } = stage;
  const isOver = async () => mailAbout(stage, shop, 'BackOnPrevious') !== undefined;
  await until(stage, 'Waiting for the way back', isOver, { steps: 360 });
  teller.scene(`${dateOf(lab)}: shop.example.com had no canary: its first service was the one to fail`);
  const { serial } = await operator.inAcm(shop.certificateArn);
  const { versionId } = await operator.inSecret(shop.secret);
  const [edge] = await operator.served(shop.name, ['edge']);
  const isBack = edge !== undefined && versionId.startsWith(edge.servedSerial) && edge.servedSerial !== serial;
  teller.check('edge serves the certificate from before again', isBack, edge?.servedSerial ?? 'no task answers');
  teller.check('shop and till never noticed', await others.unchanged(), 'the same tasks serve as before');
  const mail = mailAbout(stage, shop, 'RolledBack');
  teller.check('one mail says what happened and what was done', mail !== undefined, mail?.subject ?? 'no mail');
  if (mail) teller.mail(mail);
}

/** It was the canary's fault: it is mended, and the same certificate tried once more, as the mail says. */
async function tryAgain(
  stage: Stage,
  { api, volume }: { readonly api: Delivery; readonly volume: string },
): Promise<void> {
  const { lab, teller, operator } = stage;
  teller.scene(`${dateOf(lab)}: an engineer takes the pin out of canary, and exports again`);
  rmSync(join(volume, 'canary/pinned.pem'));
  const answer = await operator.reExport({ certificateArn: api.certificateArn, force: true });
  teller.check('re-export queues it', answer.ok, answer.results.map(({ state }) => state).join());
  await until(stage, 'Waiting for the delivery', () => isDelivered(stage, api), { steps: 360 });
  const { serial } = await operator.inAcm(api.certificateArn);
  const served = await operator.served(api.name, api.services);
  const areAll = served.length === 3 && served.every(({ servedSerial }) => servedSerial === serial);
  teller.check('canary, and then web and admin serve what ACM has', areAll, serial);
}
