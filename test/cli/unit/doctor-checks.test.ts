import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Stack } from '../../../cli/stack.ts';
import { checkKillSwitch, checkPermissions, checkQuotas, checkStack, judgeTopic } from '../../../cli/stack-checks.ts';
import { checkProbe } from '../../../cli/world-checks.ts';
import type { Consumer } from '../../../shared/domain/rollout.ts';

const seen = vi.hoisted(() => ({ permission: {}, addresses: new Map(), shown: undefined as object | undefined }));
vi.mock('../../../shared/aws/kill-switch.ts', () => ({ killSwitch: () => ({ allows: async () => seen.permission }) }));
vi.mock('../../../cli/aws/running-tasks.ts', () => ({ runningTasks: async () => [{}] }));
vi.mock('../../../shared/aws/task-addresses.ts', () => ({ taskAddresses: () => ({ of: async () => seen.addresses }) }));
vi.mock('../../../shared/prober.ts', () => ({
  readStands: () => [],
  prober: () => ({ look: async ([target]: { id: string }[]) => new Map(seen.shown ? [[target?.id, seen.shown]] : []) }),
}));

const place = { region: 'us-east-1', account: '111122223333', functionPrefix: 'acm-courier-prod-' };
type Wish = {
  readonly mode?: string;
  readonly missing?: (name: string) => boolean;
  readonly environment?: object;
  readonly unreserved?: number;
  readonly answers?: Readonly<Record<string, object>>;
};
const stackOf = ({ mode = 'deliver', missing = () => false, environment, unreserved = 1_000, answers }: Wish) =>
  ({
    ...{ place, environment, settings: { mode } },
    functions: {
      settings: async (name: string) => (missing(name) ? null : {}),
      concurrency: async () => ({ limit: 1_000, unreserved }),
      invoke: async (name: string) => ({ failed: false, payload: JSON.stringify(answers?.[name]) }),
    },
  }) as unknown as Stack;

describe('doctor on the stack', () => {
  it.each<[string, Wish, object]>([
    ['is content where all functions are there', {}, { verdict: 'well' }],
    ['names a function that is missing', { missing: (name) => name === 'sweep' }, { seen: /acm-courier-prod-sweep$/ }],
    ['says that there is none', { missing: () => true }, { seen: /no stack of stage "prod"/ }],
    ['says that it only observes', { mode: 'observe' }, { verdict: 'look', mend: /--param="mode=deliver"/ }],
  ])('%s', async (_, wish, wanted) => {
    expect(await checkStack(stackOf(wish))).toEqual([shaped(wanted)]);
  });

  it.each([
    ['go', { is: 'go' }, { verdict: 'well' }],
    ['stopped', { is: 'stopped', why: 'it is "stop"' }, { verdict: 'ill', seen: /it is "stop"$/, mend: /--value go/ }],
    ['unreadable', { is: 'unreadable', why: 'denied' }, { verdict: 'unseen', seen: 'denied', mend: /--value go/ }],
  ])('a kill switch that is %s', async (_, permission, wanted) => {
    seen.permission = permission;
    const environment = { KILL_SWITCH: '/acm-courier-prod/acts' };
    expect(await checkKillSwitch(stackOf({ environment }))).toEqual([shaped(wanted)]);
    expect(await checkKillSwitch(stackOf({}))).toEqual([]);
  });

  it('too few invocations left are worth a look, with the command that asks for more', async () => {
    expect(await checkQuotas(stackOf({ unreserved: 20 }))).toEqual([shaped({ verdict: 'well' })]);
    const few = { verdict: 'look', seen: /^Only 19 /, mend: /request-service-quota-increase/ };
    expect(await checkQuotas(stackOf({ unreserved: 19 }))).toEqual([shaped(few)]);
  });

  it('what the roles of re-export and of sweep are denied is said, each by its own plan', async () => {
    const errors = [{ reason: 'AccessDenied', message: 'denied to list tags', hint: 'allow it' }, { reason: 'BadTag' }];
    const denied = stackOf({ answers: { 're-export': { errors }, sweep: { unseen: ['Services cannot be listed'] } } });
    expect(await checkPermissions(denied, 'arn')).toEqual([
      shaped({ verdict: 'ill', seen: 'denied to list tags', mend: 'allow it' }),
      shaped({ verdict: 'look', seen: /Services cannot be listed$/, mend: /npm run deploy/ }),
    ]);
    const allowed = stackOf({ answers: { 're-export': { errors: [] }, sweep: { unseen: [] } } });
    expect(await checkPermissions(allowed, 'arn')).toEqual([shaped({ verdict: 'well' })]);
    expect(await checkPermissions(allowed, undefined)).toEqual([shaped({ verdict: 'look' })]);
  });

  it.each<[string, boolean[], object]>([
    ['without subscribers', [], { verdict: 'ill', mend: /^aws sns subscribe/ }],
    ['that nobody has confirmed', [false], { verdict: 'ill', seen: /ops0@example.com$/ }],
    ['that somebody has not confirmed', [true, false], { verdict: 'look', seen: 'Not confirmed: ops1@example.com' }],
    ['that all have confirmed', [true, true], { verdict: 'well', seen: '2 confirmed' }],
  ])('a topic %s', (_, confirmed, wanted) => {
    const all = confirmed.map((one, index) => ({ confirmed: one, endpoint: `ops${index}@example.com` }));
    expect(judgeTopic('arn:aws:sns:us-east-1:111122223333:notices', all as never)).toEqual([shaped(wanted)]);
  });
});

describe('doctor on probes', () => {
  const consumer = { cluster: 'prod', service: 'web', active: true, desired: 1, probe: { port: 8443 } };
  const address = { host: '10.0.0.1', port: 8443, subnet: 'subnet-1' };
  beforeEach(() => void Object.assign(seen, { addresses: new Map([['task', address]]), shown: { serial: '1' } }));
  const judged = (one: object, environment: object = { PROBES: 'any' }) =>
    checkProbe([{ ...consumer, ...one } as unknown as Consumer], stackOf({ environment }));

  it.each<[string, object, object, object]>([
    ['is reached', {}, {}, { verdict: 'well', seen: 'prod/web is reached at 10.0.0.1:8443' }],
    ['refuses the handshake', {}, { shown: { error: 'alert', during: 'handshake' } }, { verdict: 'well' }],
    [
      'is behind a wall',
      {},
      { shown: { error: 'timeout', during: 'connect' } },
      { verdict: 'ill', mend: /take port 8443/ },
    ],
    ['is where no probe stands', {}, { shown: undefined }, { verdict: 'ill', seen: /subnet subnet-1/ }],
    ['has no address', {}, { addresses: new Map() }, { verdict: 'unseen', mend: 'Use network mode awsvpc' }],
    ['does not say where it serves', { probe: undefined }, {}, { verdict: 'look', mend: 'Tag it courier:probe=PORT' }],
    ['runs no task', { desired: 0 }, {}, { verdict: 'well', seen: 'there is nothing to shake hands with' }],
  ])('a service that %s', async (_, one, world, wanted) => {
    Object.assign(seen, world);
    expect(await judged(one)).toEqual([shaped(wanted)]);
  });

  it('a stack without any', async () => {
    expect(await judged({}, {})).toEqual([shaped({ verdict: 'look', mend: /--param="probes=/ })]);
  });
});

/** A check with these members; a pattern stands for a text that matches it. */
const shaped = (wanted: object) =>
  expect.objectContaining(
    Object.fromEntries(
      Object.entries(wanted).map(([key, value]) => [
        key,
        value instanceof RegExp ? expect.stringMatching(value) : value,
      ]),
    ),
  );
