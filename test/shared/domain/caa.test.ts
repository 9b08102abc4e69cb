import { expect, test } from 'vitest';
import { judgeCaa } from '../../../shared/domain/caa.ts';

const caa = (tag: string, value: string, critical = false) => ({ tag, value, critical });
const others = caa('issue', 'letsencrypt.org');
const host = 'api.example.com';
const wildcard = '*.example.com';

test.each([
  ['where there are no records', host, []],
  ['where a record names Amazon', host, [others, caa('issue', 'amazon.com')]],
  ['under any of Amazon’s names', host, [caa('issue', 'amazontrust.com')]],
  ['under any of Amazon’s names, in any case', host, [caa('Issue', ' AmazonAWS.com ')]],
  ['with parameters', host, [caa('issue', 'awstrust.com; policy=ev')]],
  ['where only wildcards are ruled', host, [caa('issuewild', ';')]],
  ['where nothing is said of issuing', host, [caa('iodef', 'mailto:a@example.com', true)]],
  ['for a wildcard by issue where there is no issuewild', wildcard, [caa('issue', 'amazon.com')]],
  ['for a wildcard by issuewild, whatever issue says', wildcard, [others, caa('issuewild', 'amazon.com')]],
  ['where an unknown record is not critical', host, [caa('future', 'x')]],
])('Amazon may issue %s', (_, name, records) => expect(judgeCaa(name, records)).toEqual({ is: 'permits' }));

test.each([
  ['where only others are named', host, [others], '0 issue "letsencrypt.org"', '0 issue "amazon.com"'],
  ['where nobody is', host, [caa('issue', ';')], '0 issue ";"', '0 issue "amazon.com"'],
  [
    'where a name only begins like Amazon’s',
    host,
    [caa('issue', 'amazon.com.evil.example')],
    '0 issue "amazon.com.evil.example"',
    '0 issue "amazon.com"',
  ],
  [
    'for a wildcard by issuewild, whatever issue says',
    wildcard,
    [caa('issue', 'amazon.com'), caa('issuewild', ';')],
    '0 issuewild ";"',
    '0 issuewild "amazon.com"',
  ],
  ['for a wildcard by issue', wildcard, [others], '0 issue "letsencrypt.org"', '0 issue "amazon.com"'],
  [
    'by several records',
    host,
    [others, caa('issue', 'digicert.com', true)],
    '0 issue "letsencrypt.org", 128 issue "digicert.com"',
    '0 issue "amazon.com"',
  ],
])('Amazon may not issue %s', (_, name, records, forbidding, add) =>
  expect(judgeCaa(name, records)).toEqual({ is: 'forbids', forbidding, add }),
);

test('no record that could be added helps against a critical one that nobody understands', () => {
  expect(judgeCaa(host, [caa('issue', 'amazon.com'), caa('future', 'x', true)])).toEqual({
    is: 'forbids',
    forbidding: '128 future "x"',
  });
});
