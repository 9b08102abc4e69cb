import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const hour = 3_600_000;
const probed = { 'courier:probe': '8443' };

let volumes: string;
beforeAll(async () => {
  volumes = await mkdtemp(join(tmpdir(), 'courier-volumes-'));
});
afterAll(() => rm(volumes, { recursive: true }));

type Wish = Partial<Parameters<CourierLab['service']>[0]>;

/** A delivered certificate, and a service of its name that keeps what it serves on a volume. */
async function served(courier: CourierLab, name: string, more: Wish = {}) {
  const secret = `courier/${name}`;
  const arn = await courier.issue({ name: `${name}.example.com`, secret });
  const kept = join(volumes, `${name}-${courier.lab.url.split(':').at(-1)}`);
  const service = { name, secret, tags: probed, image: 'stale:1', environment: { VOLUME: kept }, ...more };
  await courier.service(service);
  const replaceTasks = async () => {
    await courier.ecs.send(new UpdateServiceCommand({ cluster: 'prod', service: name, forceNewDeployment: true }));
    await courier.lab.clock.advance(2 * 60_000);
  };
  return {
    ...{ name, arn, secret, kept },
    /** Its tasks start anew, and serve what the other one serves. */
    async serve(other: { readonly kept: string }) {
      await rm(kept, { recursive: true });
      await cp(other.kept, kept, { recursive: true });
      await replaceTasks();
    },
    async serveItsOwn() {
      await rm(kept, { recursive: true });
      await replaceTasks();
    },
  };
}

/** The sweep of the next full hour, as its schedule asks for it. */
async function sweep(courier: CourierLab, order: object = {}) {
  const now = courier.lab.clock.now().getTime();
  const next = new Date(now - (now % hour) + hour);
  await courier.lab.clock.advance(next.getTime() - now);
  const mark = {
    mails: courier.lab.mail().length,
    calls: courier.lab.calls().length,
    lines: courier.lab.logs().length,
  };
  const answer = await courier.invoke('sweep', { scheduledAt: next.toISOString(), ...order });
  await courier.settle();
  const calls = courier.callsOf('sweep', mark.calls);
  return {
    answer,
    said: courier.lab.mail().slice(mark.mails),
    writes: calls.filter(({ operation }) => operation.startsWith('Update')).length,
    calls: calls.map(({ operation }) => operation),
    probes: calls.filter(({ operation }) => operation === 'Invoke').length,
    probed: [
      ...new Set(
        courier.lab
          .logs()
          .slice(mark.lines)
          .filter(isSight)
          .map(serviceOf(await courier.lab.tasks())),
      ),
    ],
    lines: courier.lab.logs().slice(mark.lines),
    worker: courier.callsOf('deliver', mark.calls).length,
  };
}

type Line = ReturnType<CourierLab['lab']['logs']>[number];
type Task = { readonly taskArn: string; readonly service: string };

const isSight = ({ function: name, line }: Line) => name.endsWith('-probe') && line.includes('Probed a task');
const serviceOf =
  (tasks: readonly Task[]) =>
  ({ line }: Line) =>
    tasks.find(({ taskArn }) => taskArn === JSON.parse(line).task)?.service;

const reasons = (said: readonly { attributes: Readonly<Record<string, string>> }[]) =>
  said.map(({ attributes: { severity, reason } }) => `${severity} ${reason}`);

const told = async (courier: CourierLab, secret: string) =>
  Object.values(await courier.labels(secret)).flatMap((labels) => labels.filter((one) => /TOLD/.test(one)));

const oneLine = (text = '') => text.replace(/\s+/g, ' ');

describe('a sweep that shakes hands', () => {
  let courier: CourierLab;
  beforeAll(async () => {
    courier = await startCourierLab();
    // The first hour of a stack is for its first digest.
    await courier.lab.clock.advance(2 * hour);
  });
  afterEach(async () => expect(await courier.wreckage()).toEqual([]));
  afterAll(() => courier.stop());

  it('says once that a service does not serve what was delivered, and again where it was mended meanwhile', async () => {
    const right = await served(courier, 'right');
    const wrong = await served(courier, 'wrong');
    const { id } = await courier.current(wrong.secret);
    const before = await courier.labels(wrong.secret);
    expect(await sweep(courier)).toMatchObject({ said: [], probes: 2 });

    await wrong.serve(right);
    const restarts = await courier.restarts('wrong');
    const plan = await sweep(courier, { dryRun: true });
    const { said, ...first } = await sweep(courier);
    expect(reasons(said)).toEqual(['action ServesAnother']);
    expect(plan.answer.notices).toEqual(said.map(({ subject, attributes }) => ({ subject, attributes })));
    expect([plan.said, plan.writes]).toEqual([[], 0]);
    expect(said[0]?.subject).toBe('[action] wrong.example.com: wrong does not serve it');
    const serials = [await courier.serialOf(wrong.arn), await courier.serialOf(right.arn)];
    expect(oneLine(said[0]?.body)).toMatch(
      new RegExp(
        `holds serial ${serials[0]} since [^,]+ UTC, but 1 of 1 task of service "wrong" in cluster "prod" did not serve it when a sweep shook hands with them: task [0-9a-f]{32}, which runs since [^,]+ UTC, serves the certificate with serial ${serials[1]}`,
      ),
    );
    expect(first).toMatchObject({ writes: 1, worker: 0, answer: { queued: 0, notices: 1, differences: 0 } });
    expect(await sweep(courier)).toMatchObject({ said: [], writes: 0, worker: 0 });
    expect(await told(courier, wrong.secret)).toHaveLength(1);
    const [digest] = (await sweep(courier, { digest: true })).said;
    expect(digest?.body).toMatch(/ wrong\.example\.com +wrong does not serve it$/m);

    await wrong.serveItsOwn();
    expect(await sweep(courier)).toMatchObject({ said: [], writes: 1 });
    expect(await courier.labels(wrong.secret)).toEqual(before);
    await wrong.serve(right);
    expect(reasons((await sweep(courier)).said)).toEqual(['action ServesAnother']);
    expect(await sweep(courier)).toMatchObject({ said: [], writes: 0, worker: 0 });

    expect((await courier.current(wrong.secret)).id).toBe(id);
    expect(Object.values(await courier.labels(wrong.secret)).join()).not.toMatch(/STOPPED|REJECTED/);
    // Two of them by hand, and none by us.
    expect(await courier.restarts('wrong')).toBe(restarts + 2);
    expect(await told(courier, right.secret)).toEqual([]);
  });

  it('sees a task in the network mode bridge at its container instance', async () => {
    await served(courier, 'bridged', { networkMode: 'bridge', image: 'https-server:1' });
    const { calls } = await sweep(courier);
    expect(calls).toEqual(expect.arrayContaining(['DescribeContainerInstances', 'DescribeInstances']));
  });
});

describe('a sweep that cannot shake hands', () => {
  let courier: CourierLab;
  beforeAll(async () => {
    courier = await startCourierLab();
    await courier.lab.clock.advance(2 * hour);
  });
  afterAll(() => courier.stop());

  /** Of the next sweep; the first to be invoked is the sweep itself. */
  const deny = () => {
    for (const nth of [2, 3]) courier.lab.faults.add({ service: 'lambda', operation: 'Invoke', fault: 'denied', nth });
  };

  it('goes on and says why in the plan only; what was said before is neither forgotten nor said again', async () => {
    const right = await served(courier, 'right');
    const wrong = await served(courier, 'wrong');
    await wrong.serve(right);
    deny();
    const plan = await sweep(courier, { dryRun: true });
    expect(plan.answer).toMatchObject({ notices: [], unseen: [expect.stringContaining('lambda:InvokeFunction')] });
    deny();
    const { said, writes, answer, lines } = await sweep(courier);
    expect([said, writes, answer]).toMatchObject([[], 0, { notices: 0, handedOn: false }]);
    expect(lines.filter(({ line }) => line.includes('Cannot probe a service'))).toHaveLength(2);

    expect(reasons((await sweep(courier)).said)).toEqual(['action ServesAnother']);
    deny();
    expect(await sweep(courier)).toMatchObject({ said: [], writes: 0 });
    expect(await sweep(courier)).toMatchObject({ said: [], writes: 0 });
    expect(await courier.wreckage()).toEqual([]);
  });
});

describe('a sweep that shakes hands with one service at a time', () => {
  let courier: CourierLab;
  beforeAll(async () => {
    courier = await startCourierLab({ probeSample: 1 });
    await courier.lab.clock.advance(2 * hour);
  });
  afterAll(() => courier.stop());

  it('gets round in as many hours as there are, and looks at whom it spoke of every time', async () => {
    const services = [];
    for (const name of ['a', 'b', 'c']) services.push(await served(courier, name));
    const names = async () => (await sweep(courier)).probed;
    const round = [await names(), await names(), await names()];
    expect(round.flat().toSorted()).toEqual(['a', 'b', 'c']);
    expect([await names(), await names()]).toEqual(round.slice(0, 2));

    const [a, b] = services;
    if (!a || !b) throw new Error('There are three');
    await b.serve(a);
    const sweeps = [await sweep(courier), await sweep(courier), await sweep(courier)];
    expect(sweeps.flatMap(({ said }) => reasons(said))).toEqual(['action ServesAnother']);
    for (let hours = 0; hours < 3; hours++) {
      const { probed, said, writes } = await sweep(courier);
      expect([probed.includes('b'), said, writes]).toEqual([true, [], 0]);
    }
    expect(await courier.wreckage()).toEqual([]);
  });
});
