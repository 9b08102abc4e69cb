import { expect, it } from 'vitest';
import { caaForbids, domainValidations } from '../../lab/acm-validation.ts';
import { certificateRequest } from '../../lab/certificate-request.ts';
import { createDns } from '../../lab/dns.ts';

type Caa = [name: string, data: string];

it.each<[string, string, readonly Caa[], boolean]>([
  ['nothing', 'api.example.com', [], false],
  ['Amazon', 'api.example.com', [['example.com', '0 issue "amazonaws.com"']], false],
  ['Amazon, in capitals and with parameters', 'a.example.com', [['example.com', '0 ISSUE "Amazon.com; x=y"']], false],
  ['somebody else', 'api.example.com', [['example.com', '0 issue "other.example"']], true],
  ['nobody', 'api.example.com', [['example.com', '0 issue ";"']], true],
  [
    'Amazon and somebody else',
    'example.com',
    [
      ['example.com', '0 issue "other.example"'],
      ['example.com', '0 issue "awstrust.com"'],
    ],
    false,
  ],
  [
    'somebody else above, Amazon nearer',
    'a.b.example.com',
    [
      ['example.com', '0 issue ";"'],
      ['b.example.com', '0 issue "amazontrust.com"'],
    ],
    false,
  ],
  [
    'Amazon above, nobody nearer',
    'a.b.example.com',
    [
      ['example.com', '0 issue "amazon.com"'],
      ['b.example.com', '0 issue ";"'],
    ],
    true,
  ],
  ['somebody else at the top', 'api.example.com', [['com', '0 issue "other.example"']], true],
  ['somebody else on a neighbour', 'api.example.com', [['www.example.com', '0 issue "other.example"']], false],
  [
    'nobody for wildcards, to one',
    '*.example.com',
    [
      ['example.com', '0 issue "amazon.com"'],
      ['example.com', '0 issuewild ";"'],
    ],
    true,
  ],
  ['nobody for wildcards, to another name', 'a.example.com', [['example.com', '0 issuewild ";"']], false],
  [
    'Amazon for wildcards alone, to one',
    '*.example.com',
    [
      ['example.com', '0 issue ";"'],
      ['example.com', '0 issuewild "amazon.com"'],
    ],
    false,
  ],
  ['somebody else, to a wildcard', '*.example.com', [['example.com', '0 issue "other.example"']], true],
  ['only where to complain', 'example.com', [['example.com', '0 iodef "mailto:a@example.com"']], false],
  ['something unknown', 'example.com', [['example.com', '0 later "x"']], false],
  ['something unknown that is critical', 'example.com', [['example.com', '128 later "x"']], true],
])('CAA records that name %s', (_case, name, records, forbidden) => {
  const dns = createDns();
  for (const [owner, data] of records) dns.add({ name: owner, type: 'CAA', data });
  expect(caaForbids(name, dns)).toBe(forbidden);
});

it('a CAA lookup that fails forbids', () => {
  const dns = createDns();
  dns.add({ name: 'example.com', type: 'SERVFAIL', data: '' });
  expect(caaForbids('api.example.com', dns)).toBe(true);
});

it('an alias lends a name the CAA records of its target, but not of the domains above it', () => {
  const dns = createDns();
  dns.add({ name: 'api.example.com', type: 'CNAME', data: 'api.other.example' });
  dns.add({ name: 'other.example', type: 'CAA', data: '0 issue ";"' });
  expect(caaForbids('api.example.com', dns)).toBe(false);
  dns.add({ name: 'api.other.example', type: 'CAA', data: '0 issue ";"' });
  expect(caaForbids('api.example.com', dns)).toBe(true);
});

const publicCertificate = (input: Parameters<typeof certificateRequest>[0], approved: readonly string[] = []) => ({
  type: 'AMAZON_ISSUED',
  request: certificateRequest(input, 198),
  approved: new Set(approved),
});

it('a wildcard shares the record of the name below it, and no other name does', () => {
  const input = {
    DomainName: 'example.com',
    SubjectAlternativeNames: ['*.example.com', 'www.example.com'],
    ValidationMethod: 'DNS' as const,
  };
  const [base, wildcard, other] = domainValidations(publicCertificate(input), createDns());
  expect(base?.ResourceRecord).toEqual({
    Name: expect.stringMatching(/^_[0-9a-f]{32}\.example\.com\.$/),
    Type: 'CNAME',
    Value: expect.stringMatching(/^_[0-9a-f]{32}\.[a-p]{10}\.acm-validations\.aws\.$/),
  });
  expect(wildcard).toMatchObject({ DomainName: '*.example.com', ValidationDomain: 'example.com' });
  expect(wildcard?.ResourceRecord).toEqual(base?.ResourceRecord);
  expect(other?.ResourceRecord?.Value).not.toBe(base?.ResourceRecord?.Value);
});

it.each([
  ['as ACM gives it', (value: string) => value, 'SUCCESS'],
  ['in capitals, without the final dot', (value: string) => value.toUpperCase().slice(0, -1), 'SUCCESS'],
  ['without its underscore', (value: string) => value.slice(1), 'SUCCESS'],
  ['with one underscore more', (value: string) => `_${value}`, 'PENDING_VALIDATION'],
])('a record with its value %s', (_case, written, ValidationStatus) => {
  const dns = createDns();
  const certificate = publicCertificate({ DomainName: 'example.com', ValidationMethod: 'DNS' });
  const [asked] = domainValidations(certificate, dns);
  const { Name = '', Value = '' } = asked?.ResourceRecord ?? {};
  dns.add({ name: Name, type: 'CNAME', data: written(Value) });
  expect(domainValidations(certificate, dns)).toMatchObject([{ ValidationStatus }]);
});

it('mail goes to five mailboxes of the domain, or of the one above it that was asked for', () => {
  const input = {
    DomainName: '*.api.example.com',
    SubjectAlternativeNames: ['www.example.org'],
    DomainValidationOptions: [{ DomainName: '*.api.example.com', ValidationDomain: 'example.com' }],
  };
  const [asked, given] = domainValidations(publicCertificate(input, ['www.example.org']), createDns());
  expect(asked).toEqual({
    DomainName: '*.api.example.com',
    ValidationDomain: 'example.com',
    ValidationMethod: 'EMAIL',
    ValidationStatus: 'PENDING_VALIDATION',
    ValidationEmails: ['administrator', 'hostmaster', 'postmaster', 'webmaster', 'admin'].map(
      (one) => `${one}@example.com`,
    ),
  });
  expect(given).toMatchObject({ ValidationDomain: 'example.org', ValidationStatus: 'SUCCESS' });
});
