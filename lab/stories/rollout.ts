import type { Operator } from './operator.ts';
import { type Delivery, isDelivered, type Stage, seconds, until } from './stage.ts';

const day = 86_400 * seconds;

type Wish = Omit<Parameters<Operator['runService']>[0], 'secret'>;

/** A certificate in a secret of its own, and services that serve it. */
export async function deliverTo(stage: Stage, name: string, services: readonly Wish[]): Promise<Delivery> {
  const { lab, operator } = stage;
  const secret = `courier/${name.split('.')[0]}`;
  const certificateArn = await operator.request(name, { 'courier:secret': secret });
  await until(stage, 'Waiting for the delivery', () => isDelivered(stage, { certificateArn, secret }));
  await lab.clock.advance(2 * seconds);
  for (const service of services) await operator.runService({ ...service, secret });
  const names = services.map((service) => service.name);
  const areServed = async () => (await operator.served(name, names)).length === names.length;
  await until(stage, 'Waiting for the tasks', areServed);
  return { name, certificateArn, secret, services: names };
}

/** Eleven months, until ACM has renewed them all. */
export async function renewAll(stage: Stage, deliveries: readonly Delivery[]): Promise<void> {
  const { operator } = stage;
  const serials = () => Promise.all(deliveries.map(async (one) => (await operator.inAcm(one.certificateArn)).serial));
  const before = await serials();
  const areRenewed = async () => (await serials()).every((serial, index) => serial !== before[index]);
  await until(stage, 'Eleven months pass', areRenewed, { step: day, steps: 360 });
}

/** Services of which it is told at the end whether anything happened to them. */
export type Watch = { unchanged(): Promise<boolean> };

/** Remembers which tasks the services have and what they serve. */
export async function watch({ lab }: Stage, services: readonly string[]): Promise<Watch> {
  const now = async () => {
    const tasks = (await lab.tasks()).filter(({ service }) => services.includes(service));
    return JSON.stringify(tasks.map(({ service, taskArn, servedSerial }) => [service, taskArn, servedSerial]).sort());
  };
  const before = await now();
  return { unchanged: async () => (await now()) === before };
}

/** Whether people were told this of a certificate. */
export const mailAbout = ({ lab }: Stage, { certificateArn }: Delivery, reason: string) =>
  lab.mail().find(({ attributes }) => attributes.certificateArn === certificateArn && attributes.reason === reason);
