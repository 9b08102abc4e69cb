import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Findings,
  type ReasonCode,
  reasonCodes,
  type Severity,
  severityOf,
} from '../../../shared/domain/reasons.ts';
import { type SecurityMatter, securityFinding } from '../../../shared/domain/security-finding.ts';
import { arn, but, certificate, day, now, place } from './sample.ts';
import { sampleOf } from './sample-facts.ts';

const findingOf = (findings: Findings, more: Partial<SecurityMatter> = {}) =>
  securityFinding({ certificate, subject: 'renewal', findings, now, ...more }, place);

it('says in AWS’s format what is wrong, how grave it is and what to do', () => {
  const certificate = but({ notBefore: now - 300 * day });
  expect(findingOf([sampleOf('SecretNotOurs')], { certificate, subject: 'delivery' })).toEqual({
    SchemaVersion: '2018-10-08',
    Id: `${arn}/acm-courier/delivery`,
    ProductArn: 'arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default',
    GeneratorId: 'acm-courier',
    AwsAccountId: '111122223333',
    CreatedAt: '2025-12-05T00:00:00.000Z',
    UpdatedAt: '2026-10-01T00:00:00.000Z',
    FindingProviderFields: {
      Severity: { Label: 'HIGH' },
      Types: ['Software and Configuration Checks/AWS Security Best Practices'],
    },
    Title: expect.stringMatching(/^api\.example\.com: /),
    Description: expect.stringMatching(/^Cannot store .*\.$/),
    Remediation: {
      Recommendation: {
        Text: expect.stringMatching(/./),
        Url: 'https://example.com/runbook.md#secretnotours',
      },
    },
    ProductFields: { 'acm-courier/reasons': 'SecretNotOurs' },
    Resources: [{ Type: 'AwsCertificateManagerCertificate', Id: arn, Partition: 'aws', Region: 'us-east-1' }],
    Compliance: { Status: 'FAILED' },
    RecordState: 'ACTIVE',
  });
});

describe('its id', () => {
  it('and its age stay while one cause gives way to another, graver one', () => {
    const old = { certificate: but({ notBefore: now - 300 * day }) };
    const first = findingOf([sampleOf('EndsEarlier')], old);
    const later = findingOf([sampleOf('KeyMismatch')], { ...old, now: now + day });
    expect([later.Id, later.CreatedAt]).toEqual([first.Id, first.CreatedAt]);
    expect(later.UpdatedAt > first.UpdatedAt).toBe(true);
    expect([first, later].map((one) => one.FindingProviderFields.Severity.Label)).toEqual(['MEDIUM', 'CRITICAL']);
  });

  it('is another one for each subject', () => {
    const ids = (['renewal', 'delivery'] as const).map(
      (subject) => findingOf([sampleOf('KeyMismatch')], { subject }).Id,
    );
    expect(new Set(ids)).toHaveLength(2);
  });
});

/** A reason of each severity that the catalogue has. */
const ofEach = reasonCodes.map((code): [Severity, ReasonCode] => [severityOf(sampleOf(code)), code]);

it.each(ofEach)('%s: %s is open as long as something is wrong', (severity, code) => {
  const { RecordState, Compliance } = findingOf([sampleOf(code)]);
  const isNews = severity === 'info' || severity === 'resolved';
  expect([RecordState, Compliance.Status]).toEqual(isNews ? ['ARCHIVED', 'PASSED'] : ['ACTIVE', 'FAILED']);
});

it('the gravest of several findings is its title, and all are told', () => {
  const found = findingOf([sampleOf('Delivered'), sampleOf('EndsEarlier'), sampleOf('KeyMismatch')]);
  expect(found.Title).toBe(findingOf([sampleOf('KeyMismatch')]).Title);
  expect(found.ProductFields['acm-courier/reasons']).toBe('KeyMismatch EndsEarlier Delivered');
  expect(found.Description.split('. ').length).toBeGreaterThan(2);
  expect(found.RecordState).toBe('ACTIVE');
});

const hostile = fc.constantFrom('a', ' ', '"', '\n', '\u0000', '\u202e', 'é', '😀');

it('fits into Security Hub, whatever a name holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: hostile, maxLength: 1_100, size: 'max' }), (name) => {
      const { Title, Description, Remediation } = findingOf(
        [sampleOf('SecretNotOurs', { name, secret: name }), sampleOf('BadTag', { accepted: name })],
        { certificate: but({ name }) },
      );
      expect(Title.length).toBeLessThanOrEqual(256);
      expect(Description.length).toBeLessThanOrEqual(1024);
      expect(Remediation.Recommendation.Text.length).toBeLessThanOrEqual(512);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
      expect(Title + Description).not.toMatch(/[\u0000-\u001f\u007f]/);
    }),
    { numRuns: 40 },
  );
}, 60_000);
