import { AddTagsToCertificateCommand } from '@aws-sdk/client-acm';
import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { TagResourceCommand } from '@aws-sdk/client-ecs';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from '../functions/courier-lab.ts';
import { type Ended, runCourier } from './run-courier.ts';

let courier: CourierLab;
let api: string;
let service: string;
beforeAll(async () => {
  courier = await startCourierLab();
  api = await courier.issue({ name: 'api.example.com', secret: 'courier/api', tags: { 'courier:owner': 'payments' } });
  service = await courier.service({ name: 'web', secret: 'courier/api', count: 2, tags: { 'courier:probe': '8443' } });
  await courier.issue({ name: 'shop.example.com' });
});
afterAll(() => courier.stop());

const run = (line: string): Promise<Ended> => runCourier(line.split(' '), { url: courier.lab.url });

/** What it printed as JSON; it must have ended well. */
async function json(line: string, code = 0) {
  const ended = await run(`${line} --json`);
  expect(ended, line).toMatchObject({ code });
  return JSON.parse(ended.stdout);
}

const tagCertificate = (Key: string, Value: string) =>
  courier.acm.send(new AddTagsToCertificateCommand({ CertificateArn: api, Tags: [{ Key, Value }] }));
const tagService = (key: string, value: string) =>
  courier.ecs.send(new TagResourceCommand({ resourceArn: service, tags: [{ key, value }] }));
const tasks = async () => (await courier.lab.tasks()).map(({ host, port }) => `${host}:${port}`).toSorted();

describe('status', () => {
  it('lists each delivery with what ACM, the secret and ECS have', async () => {
    const serial = await courier.serialOf(api);
    const { id } = await courier.current('courier/api');
    expect(await json('status')).toEqual([
      {
        name: 'api.example.com',
        certificateArn: api,
        type: 'private',
        status: 'issued',
        serial,
        notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        daysLeft: 395,
        renewal: 'eligible',
        secret: 'courier/api',
        versionId: id,
        versionSerial: serial,
        state: 'delivered',
        consumers: [{ arn: service }],
        served: '1/1 restarted since',
        owner: 'payments',
        problems: [],
      },
    ]);
  });

  it('shows people a table that ends without colour where nobody watches', async () => {
    const { code, stdout, stderr } = await run('status --all');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['NAME', 'TYPE', 'DAYS', 'RENEWAL', 'SECRET', 'VERSION', 'STATE', 'CONSUMERS', 'SERVED', 'OWNER'],
      [
        'api.example.com',
        'private',
        '395',
        'eligible',
        'courier/api',
        expect.stringMatching(/^[0-9a-f]{8}$/),
        'delivered',
        '1',
        '1/1 restarted since',
        'payments',
      ],
      ['shop.example.com', 'private', '395', 'not eligible', '-', '-', 'not tagged', '-', '-', '-'],
      [''],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('sees by handshakes from here what each task serves', async () => {
    const [row] = await json('status --probe');
    expect(row).toMatchObject({ served: '2/2 tasks', problems: [] });
    const seen = row.consumers[0].tasks.map(({ host, port }: { host: string; port: number }) => `${host}:${port}`);
    expect(seen.toSorted()).toEqual(await tasks());
  });

  it.each([
    ['--owner payments', ['api.example.com']],
    ['--owner others', []],
    ['--name shop', []],
    ['--name shop --all', ['shop.example.com']],
    ['--name *.example.com', ['api.example.com']],
    ['--name *.example.org', []],
    ['--days 395', ['api.example.com']],
    ['--days 394', []],
    ['--problems', []],
  ])('lists with %s only %j', async (filter, names) => {
    expect((await json(`status ${filter}`)).map(({ name }: { name: string }) => name)).toEqual(names);
  });

  it('writes a table for spreadsheets', async () => {
    const { stdout } = await run('status --csv');
    expect(stdout).toMatch(
      /^name,type,days,renewal,secret,version,state,consumers,served,owner\r\napi\.example\.com,private,395,/,
    );
  });
});

describe('plan and re-export', () => {
  it('plans by default for everything, as the function would', async () => {
    expect(await json('plan')).toEqual(await courier.invoke('re-export', { all: true, dryRun: true }));
    expect((await run('plan')).stdout).toBe('api.example.com: nothing to do\n');
  });

  it('says step by step what a forced export would do, and does none of it', async () => {
    const before = courier.lab.calls().length;
    const { code, stdout } = await run('re-export courier/api --force --dry-run');
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => /^ {2}\d/.test(line) || /^ {3}\d/.test(line))).toEqual([
      '  1. export the certificate of "api.example.com" from ACM and inspect it',
      expect.stringMatching(/^ {2}2\. store it as version [0-9a-f]{40}-\d{12}-[0-9a-f]{10} of secret "courier\/api"$/),
      '  3. make it current in secret "courier/api"',
      '  4. restart service prod/web, which also ships what "https-server:1" names now',
      '  5. tell that it is delivered',
    ]);
    expect(stdout).toMatch(/^Mails\n.*SEVERITY.*\n.*info +Delivered +payments +.*api\.example\.com/m);
    expect(
      courier.lab
        .calls()
        .slice(before)
        .map(({ operation }) => operation),
    ).not.toContain('Invoke');
  });

  it('follows a forced export to its end', async () => {
    const restarts = await courier.restarts('web');
    const following = run('re-export api.example.com --force --wait');
    let ended: Ended | undefined;
    void following.then((end) => {
      ended = end;
    });
    for (let step = 0; !ended && step < 200; step++) {
      await courier.lab.clock.advance(30_000);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(await following).toEqual({ code: 0, stdout: 'api.example.com: delivered\n', stderr: '' });
    expect(await courier.restarts('web')).toBe(restarts + 1);
  });

  it('says what it was asked that nothing fits, and what is near', async () => {
    expect(await run('plan apis.example.com')).toEqual({
      code: 1,
      stdout: [
        '✗ No certificate in this account and region fits domain name "apis.example.com" (UnknownCertificate)',
        '    Similar names are: api.example.com, shop.example.com',
        '',
      ].join('\n'),
      stderr: '',
    });
  });
});

describe('show', () => {
  it('finds all four sides in agreement', async () => {
    const [seen] = await json('show courier/api');
    const serial = await courier.serialOf(api);
    expect(seen).toMatchObject({ certificateArn: api, acm: { serial }, current: { serial }, differences: [] });
    expect(seen.versions).toHaveProperty([(await courier.current('courier/api')).id]);
    expect((await run('show api.example.com')).stdout).toMatch(/ {2}serves it\n.*\n?✔ all that was seen agrees\n/);
  });

  it('names what differs while a renewal is held back, and status calls it a problem of nobody', async () => {
    await tagCertificate('courier:pause', 'true');
    const before = await courier.serialOf(api);
    await courier.renew(api);
    await courier.settle();
    const now = await courier.serialOf(api);
    const [seen] = await json(`show ${api}`, 1);
    expect(seen.differences).toEqual([`ACM has ${now}, the secret holds ${before}`]);
    expect(await json('status --problems', 1)).toMatchObject([
      { state: 'waiting: paused', problems: ['waiting: paused'] },
    ]);
    await tagCertificate('courier:pause', 'false');
  });
});

describe('sweep', () => {
  it('queues what is behind, and is asked again in vain', async () => {
    expect(await json('sweep')).toMatchObject({ certificates: 2, queued: 1 });
    await courier.settle();
    expect((await run('sweep')).stdout).toMatch(/^2 certificates looked at, 0 differences, 0 queued, \d notices\.\n/);
    expect(await courier.served('web')).toEqual(Array(2).fill(await courier.serialOf(api)));
  });

  it('says with --dry-run that nothing is behind', async () => {
    expect((await run('sweep --dry-run')).stdout).toMatch(/Nothing is behind, of 2 certificates\.\n$/);
  });
});

describe('doctor', () => {
  const verdicts = async (code: number) =>
    Object.groupBy(await json('doctor', code), ({ check }: { check: string }) => check);

  it('is content with a stack that works, and says what could be better', async () => {
    const checks = await verdicts(0);
    for (const name of [
      'stack',
      'kill switch',
      'permissions',
      'topic',
      'alarms',
      'dead letters',
      'quotas',
      'tags',
      'names',
    ])
      expect(checks[name], name).toMatchObject([{ verdict: 'well', mend: '' }]);
    expect(checks.images).toMatchObject([
      { verdict: 'look', seen: 'prod/web: a restart also ships what https-server:1 points to then' },
    ]);
  });

  it('finds an alarm, a dead letter, a tag that cannot be read and a name that nothing has', async () => {
    const { lab, sqs } = courier;
    const to = {
      endpoint: lab.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
    };
    const alarm = { AlarmName: 'acm-courier-lab-dead-deliveries', StateReason: 'a test' };
    const cloudWatch = new CloudWatchClient(to);
    await cloudWatch.send(new SetAlarmStateCommand({ ...alarm, StateValue: 'ALARM' }));
    const QueueUrl = (await sqs.send(new GetQueueUrlCommand({ QueueName: 'acm-courier-lab-failed-invocations' })))
      .QueueUrl;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'no record' }));
    await tagService('courier:order', 'first');
    await tagService('courier:secret', 'courier/api courier/apy');
    // For an hour what fills its secret may still come.
    await courier.lab.clock.advance(3_600_000);

    const checks = await verdicts(1);
    expect(checks.alarms).toMatchObject([
      {
        verdict: 'ill',
        seen: 'acm-courier-lab-dead-deliveries is in ALARM',
        mend: expect.stringContaining('#dead-letters-in-deliveries'),
      },
    ]);
    expect(checks['dead letters']).toMatchObject([
      {
        verdict: 'ill',
        seen: expect.stringMatching(/^1 in .*failed-invocations/),
        mend: expect.stringContaining('courier redrive'),
      },
    ]);
    expect(checks.tags).toMatchObject([{ verdict: 'ill', seen: `courier:order "first" on ${service} cannot be read` }]);
    expect(checks.names).toMatchObject([{ verdict: 'look', seen: expect.stringContaining('courier/apy') }]);
    expect(JSON.stringify(checks.names)).toContain('courier/api');

    await tagService('courier:order', '100');
    await tagService('courier:secret', 'courier/api');
    await cloudWatch.send(new SetAlarmStateCommand({ ...alarm, StateValue: 'OK' }));
    cloudWatch.destroy();
  });

  it('says of a check that AWS denies that it was not seen, and goes on', async () => {
    // The SDK asks three times, for the clocks differ.
    for (const nth of [1, 1, 1])
      courier.lab.faults.add({ service: 'sns', operation: 'ListSubscriptionsByTopic', fault: 'denied', nth });
    const checks = await verdicts(1);
    expect(checks.topic).toMatchObject([{ verdict: 'unseen', mend: expect.stringContaining('--profile') }]);
    expect(checks.alarms).toMatchObject([{ verdict: 'well' }]);
  });
});

describe('redrive', () => {
  it('leaves what it cannot read, and brings everything else back', async () => {
    const { sqs } = courier;
    const send = async (queue: string, message: object) => {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `acm-courier-lab-${queue}` }));
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '', ...message }));
    };
    const functionArn = (name: string) => `arn:aws:lambda:us-east-1:111122223333:function:${name}`;
    const record = (name: string) =>
      JSON.stringify({ requestContext: { functionArn: `${functionArn(name)}:$LATEST` }, requestPayload: {} });
    await send('failed-invocations', { MessageBody: record('acm-courier-lab-sweep') });
    await send('failed-invocations', { MessageBody: record('somebody-elses') });
    const TARGET_ARN = { DataType: 'String', StringValue: functionArn('acm-courier-lab-sweep') };
    await send('undelivered-events', { MessageBody: '{}', MessageAttributes: { TARGET_ARN } });
    await send('deliveries-dead.fifo', { MessageBody: '{}', MessageGroupId: 'a', MessageDeduplicationId: 'a' });

    expect(
      (await json('redrive --dry-run')).map(({ letters, redriven }: Record<string, number>) => [letters, redriven]),
    ).toEqual([
      [1, 0],
      [0, 0],
      [1, 0],
      [3, 0],
    ]);
    const swept = () => courier.callsOf('sweep').filter(({ operation }) => operation === 'SearchCertificates').length;
    const before = { swept: swept(), calls: courier.lab.calls().length };
    const done = await json('redrive', 1);
    expect(done.map(({ redriven }: { redriven: number }) => redriven)).toEqual([1, 0, 1, 1]);
    const problems = done[3].left.map((problem: string) => problem.replace(/^Letter \S+ /, '')).toSorted();
    expect(problems).toEqual([
      'does not say where it was on its way to',
      `was on its way to "${functionArn('somebody-elses')}:$LATEST", which is not of this stack`,
    ]);
    await courier.lab.clock.settled();
    expect(courier.lab.calls().slice(before.calls)).toContainEqual({
      service: 'sqs',
      operation: 'StartMessageMoveTask',
      caller: 'operator',
      ok: true,
    });
    expect(swept()).toBe(before.swept + 2);
    expect([await courier.waiting('undelivered-events'), await courier.waiting('failed-invocations')]).toEqual([0, 2]);
  });
});

describe('roll-back', () => {
  it('makes the version before current again, as it said that it would', async () => {
    const [after] = (await json('status')) as { versionSerial: string }[];
    const { plan } = await json('roll-back courier/api --dry-run');
    expect(plan.map(({ text }: { text: string }) => text).join('\n')).toContain('restart service prod/web');
    expect(await json('status')).toMatchObject([{ versionSerial: after?.versionSerial }]);

    expect((await run('roll-back courier/api')).code).toBe(0);
    await courier.settle();
    const [back] = await json('status');
    expect(back.versionSerial).not.toBe(after?.versionSerial);
    expect(await courier.served('web')).toEqual([back.versionSerial, back.versionSerial]);
    expect(back).toMatchObject({ state: 'waiting: rejected', problems: ['waiting: rejected'] });
  });

  it('says where there is nothing to go back to', async () => {
    const { code, stdout } = await run('roll-back courier/none');
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('secret "courier/none"') });
  });
});

it('says before a removal what would end with the stack', async () => {
  expect(await json('before-removal', 1)).toMatchObject([
    { name: 'api.example.com', secret: 'courier/api', consumers: [service], renews: 'once more' },
  ]);
  expect((await run('before-removal')).stdout).toContain('Before "npx serverless remove":');
});
