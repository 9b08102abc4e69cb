import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ACMClient, DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SmallStack, startSmallStack } from './small-stack.ts';

const start = new Date('2026-01-01T00:00:00Z');
let lab: SmallStack;
beforeEach(async () => {
  lab = await startSmallStack({ Resources: {} }, { start });
});
afterEach(() => lab.stop());

describe('the clock', () => {
  it.each([
    ['P30D', 30 * 86_400],
    ['PT30S', 30],
    ['P1DT2H', 93_600],
    ['P1W', 604_800],
    ['PT1H30M', 5400],
    ['PT0.5S', 0.5],
  ])('is advanced by %s, %d seconds', async (advance, seconds) => {
    const { status, body } = await post('clock', { advance });
    expect(status).toBe(200);
    const elapsed = (Date.parse(body.now) - start.getTime()) / 1000 - seconds;
    expect(elapsed).toBeGreaterThanOrEqual(0);
    expect(elapsed).toBeLessThan(20);
    expect(Date.parse((await get('clock')).body.now)).toBeGreaterThanOrEqual(Date.parse(body.now));
  });

  it.each(['', 'P', 'PT', 'P1M', 'P1Y', '30D', 'P-1D', 'PT1D', undefined])(
    'is not advanced by "%s"',
    async (advance) => {
      const { status, body } = await post('clock', { advance });
      expect({ status, body }).toEqual({
        status: 400,
        body: {
          error: `Cannot advance the clock by "${advance}": write an ISO 8601 duration such as P30D, PT30S or P1DT2H`,
        },
      });
    },
  );
});

describe('a look', () => {
  it('at calls shows who called what and whether it worked', async () => {
    const sns = new SNSClient(lab.client);
    await post('faults', { service: 'sns', operation: 'ListTopics', fault: 'throttle', nth: 2 });
    await sns.send(new ListTopicsCommand({}));
    await sns.send(new ListTopicsCommand({})).catch(() => undefined);
    expect((await get('calls')).body).toEqual([
      { service: 'sns', operation: 'ListTopics', caller: 'operator', ok: true },
      { service: 'sns', operation: 'ListTopics', caller: 'operator', ok: false },
    ]);
    expect(lab.traffic()[0]).toMatchObject({
      request: expect.stringContaining('Action=ListTopics'),
      response: expect.stringContaining('<ListTopicsResult>'),
    });
  });

  it.each(['tasks', 'mail', 'events', 'calls', 'logs'])('at %s of a new lab shows nothing', async (name) => {
    expect(await get(name)).toEqual({ status: 200, body: [] });
  });

  it('at what there is not says what there is', async () => {
    const { status, body } = await get('nothing');
    expect(status).toBe(404);
    expect(body.error).toContain('The lab has no GET /_lab/nothing: GET /_lab/calls, ');
  });
});

describe('a fault is refused', () => {
  const good = { service: 'acm', operation: 'ExportCertificate', fault: 'cut', nth: 1 };
  it.each([
    ['of a kind that does not exist', { ...good, fault: 'flood' }, '"flood" is no fault: use one of throttle, 500,'],
    ['of a service that does not exist', { ...good, service: 'kms' }, '"kms" is no service: use one of acm,'],
    [
      'of an operation that does not exist',
      { ...good, operation: 'Export' },
      'The lab\'s acm has no operation "Export": use one of',
    ],
    ['without an operation', { ...good, operation: undefined }, '"operation" is missing'],
    [
      'that is for events, on a call',
      { ...good, fault: 'lose' },
      'Fault "lose" is for service "events", its operation a detail-type',
    ],
    ['for the call before the next', { ...good, nth: 0 }, '"nth" must be 1 or more, not "0"'],
    ['that is not an object', 7, 'The body must be a JSON object'],
  ])('%s', async (_, body, sentence) => {
    const answer = await post('faults', body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(sentence);
  });

  it('not where all is well, and nth is the next by default', async () => {
    expect(await post('faults', { ...good, nth: undefined })).toEqual({ status: 200, body: good });
  });
});

describe('what people do outside of AWS', () => {
  const caa = { name: 'example.com', type: 'CAA', data: '0 issue ";"' };

  it('to the DNS is added, replaced and removed', async () => {
    const { body } = await get('dns');
    expect(body).toEqual({ address: lab.dns.address, records: [] });
    await post('dns', caa);
    await send('PUT', 'dns', { ...caa, data: '0 issue "amazon.com"' });
    expect(lab.dns.records()).toEqual([{ ...caa, data: '0 issue "amazon.com"' }]);
    await send('DELETE', 'dns', { name: 'example.com' });
    expect(lab.dns.records()).toEqual([]);
  });

  it.each([
    [{ ...caa, type: 'MX' }, 'The lab\'s DNS has A, CAA, CNAME, TXT, SERVFAIL, not "MX"'],
    [{ ...caa, data: 'amazon.com' }, 'The data of a CAA record is like 0 issue "amazon.com", not amazon.com'],
    [{ ...caa, name: '' }, '"name" is missing'],
  ])('to the DNS is refused where it is %j', async (record, error) => {
    expect(await post('dns', record)).toEqual({ status: 400, body: { error } });
  });

  it('makes public certificates shorter, has them renewed, blocked, approved and used', async () => {
    const acm = new ACMClient(lab.client);
    const request = async (ValidationMethod: 'DNS' | 'EMAIL') => {
      const Options = { Export: 'ENABLED' as const };
      const wanted = { DomainName: 'a.example.com', KeyAlgorithm: 'EC_prime256v1' as const, ValidationMethod, Options };
      return (await acm.send(new RequestCertificateCommand(wanted))).CertificateArn;
    };
    await post('validity', { days: 47 });
    await post('dns/publishing', { on: false });
    const [certificateArn, other] = [await request('EMAIL'), await request('DNS')];
    await post('clock', { advance: 'PT3S' });
    expect((await get('validation-mails')).body).toMatchObject([{ certificateArn, domainName: 'a.example.com' }]);
    expect((await post('approvals', { certificateArn })).status).toBe(200);
    await post('clock', { advance: 'PT3S' });
    await post('users', { certificateArn, inUseBy: ['arn:aws:elasticloadbalancing:us-east-1:111122223333:x'] });
    expect((await post('renewals', { certificateArn, reason: 'OTHER', attempt: true })).body).toMatchObject({
      RenewalStatus: 'FAILED',
      RenewalStatusReason: 'OTHER',
    });
    expect((await post('renewals', { certificateArn, reason: null })).body).toBeNull();
    expect((await post('renewals', { certificateArn, attempt: true })).body).toMatchObject({
      RenewalStatus: 'PENDING_VALIDATION',
    });
    const described = async (CertificateArn: string | undefined) =>
      (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
    expect(await described(certificateArn)).toMatchObject({ Status: 'ISSUED', InUseBy: [expect.any(String)] });
    expect((await described(certificateArn))?.NotAfter?.getTime()).toBeLessThan(start.getTime() + 48 * 86_400_000);
    expect(await described(other)).toMatchObject({ Status: 'PENDING_VALIDATION' });
    acm.destroy();
    expect((await post('approvals', { certificateArn: 'none' })).status).toBe(400);
  });

  it('makes CAs', async () => {
    const { body } = await post('authorities', {
      account: '444455556666',
      days: 90,
      permitted: ['example.com'],
      quota: 1,
    });
    const made = lab.authority.cas.at(-1);
    expect(body).toEqual({ arn: made?.arn });
    expect(made).toMatchObject({ account: '444455556666', permitted: ['example.com'], quota: 1 });
    const days = ((made?.notAfter.getTime() ?? 0) - lab.clock.now().getTime()) / 86_400_000;
    expect(days).toBeLessThan(90.001);
    expect(days).toBeGreaterThan(89.9);
    expect(await post('authorities', { arn: 'arn:none' })).toMatchObject({ status: 400 });
  });
});

describe('npm run lab', () => {
  const root = join(import.meta.dirname, '../..');
  it.runIf(existsSync(join(root, 'dist/functions/deliver/index.js')))(
    'says that it is ready and that it is a lab, and ends with a signal',
    async () => {
      const child = spawn(process.execPath, ['lab/main.ts'], { cwd: root, env: { ...process.env, LAB_PORT: '0' } });
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line);
        if (line.startsWith('WARNING')) child.kill('SIGTERM');
      }
      const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
      expect(code).toBe(0);
      expect(lines[0]).toMatch(/^lab ready on http:\/\/127\.0\.0\.1:\d+$/);
      expect(lines[1]).toBe('stack           acm-courier-lab, mode deliver, from dist/template.json');
      expect(lines.join('\n')).toContain('never use it for real traffic');
      expect(
        lines.filter((line) => line.includes('arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/')),
      ).toHaveLength(2);
    },
  );

  it('refuses a port that is none', async () => {
    const child = spawn(process.execPath, ['lab/main.ts'], { cwd: root, env: { ...process.env, LAB_PORT: 'x' } });
    const lines = await Array.fromAsync(createInterface({ input: child.stderr }));
    expect(lines).toEqual(['LAB_PORT is "x": it must be a port number, or 0 for one that is free']);
  });
});

type Answered = { status: number; body: { now: string; error: string } };

async function get(name: string): Promise<Answered> {
  const answer = await fetch(`${lab.url}/_lab/${name}`);
  return { status: answer.status, body: (await answer.json()) as Answered['body'] };
}

const post = (name: string, body: unknown) => send('POST', name, body);

async function send(method: string, name: string, body: unknown): Promise<Answered> {
  const answer = await fetch(`${lab.url}/_lab/${name}`, { method, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Answered['body'] };
}
