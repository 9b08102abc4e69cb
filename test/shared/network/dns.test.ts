import { Resolver } from 'node:dns/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { dns } from '../../../shared/network/dns.ts';
import { type Answers, caa, cname, startDnsServer } from './dns-server.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Our eyes on a world with these records; `timeout` in milliseconds, short where no answer will come. */
async function seeing(answers: Answers, { timeout = 4_000 } = {}) {
  const server = await startDnsServer(answers);
  stops.push(server.stop);
  return { ...dns(server.address, new Resolver({ timeout, maxTimeout: timeout, tries: 2 })), asked: server.asked };
}

const amazon = { tag: 'issue', value: 'amazon.com', critical: false };
const seen = (at: string, ...records: readonly unknown[]) => ({ is: 'seen', fact: { at, records } });

describe('the CAA records that govern a name', () => {
  it('are its own', async () => {
    const { caa: look, asked } = await seeing({
      'CAA api.example.com': [caa('api.example.com', 'issue', 'amazon.com')],
      'CAA example.com': [caa('example.com', 'issue', ';')],
    });
    expect(await look('api.example.com')).toEqual(seen('api.example.com', amazon));
    expect(asked).not.toContain('CAA example.com');
  });

  it('are those of the next domain above that has any', async () => {
    const { caa: look, asked } = await seeing({
      'CAA a.b.example.com': 'NXDOMAIN',
      'CAA example.com': [caa('example.com', 'issue', 'letsencrypt.org')],
    });
    expect(await look('a.b.example.com')).toEqual(
      seen('example.com', { tag: 'issue', value: 'letsencrypt.org', critical: false }),
    );
    expect(asked.slice(0, 3)).toEqual(['CAA a.b.example.com', 'CAA b.example.com', 'CAA example.com']);
  });

  it('may stand at the top-level domain, and the root is never asked', async () => {
    const { caa: look, asked } = await seeing({});
    expect(await look('api.example.com')).toEqual(seen('api.example.com'));
    expect(asked).toEqual(['CAA api.example.com', 'CAA example.com', 'CAA com']);
  });

  it('are those of a wildcard’s base, for no label is a star', async () => {
    const { caa: look, asked } = await seeing({
      'CAA example.com': [caa('example.com', 'issuewild', ';', 128)],
    });
    expect(await look('*.example.com')).toEqual(seen('example.com', { tag: 'issuewild', value: ';', critical: true }));
    expect(asked[0]).toBe('CAA example.com');
  });

  it('stand where the name’s CNAMEs lead', async () => {
    const { caa: look } = await seeing({
      'CAA www.example.com': [cname('www.example.com', 'edge.example.net'), caa('edge.example.net', 'issue', ';')],
      'CNAME www.example.com': [cname('www.example.com', 'Edge.example.net')],
    });
    expect(await look('www.example.com')).toEqual(
      seen('edge.example.net', { tag: 'issue', value: ';', critical: false }),
    );
  });

  it('are looked for above the name, not above what its CNAME leads to', async () => {
    const { caa: look } = await seeing({
      'CAA www.example.com': [cname('www.example.com', 'edge.example.net')],
      'CAA example.net': [caa('example.net', 'issue', ';')],
      'CAA example.com': [caa('example.com', 'issue', 'amazon.com')],
    });
    expect(await look('www.example.com')).toEqual(seen('example.com', amazon));
  });

  it('are told with tags that nobody knows', async () => {
    const { caa: look } = await seeing({
      'CAA example.com': [caa('example.com', 'issuemail', ';'), caa('example.com', 'future', 'x', 128)],
    });
    expect(await look('example.com')).toEqual(
      seen(
        'example.com',
        { tag: 'issuemail', value: ';', critical: false },
        { tag: 'future', value: 'x', critical: true },
      ),
    );
  });

  it('are still told where the end of a CNAME is not', async () => {
    const { caa: look } = await seeing({
      'CAA example.com': [caa('example.com', 'issue', 'amazon.com')],
      'CNAME example.com': 'SERVFAIL',
    });
    expect(await look('example.com')).toEqual(seen('example.com', amazon));
  });

  it('are unseen as soon as one domain on the way up does not answer: it may be the one that forbids', async () => {
    const { caa: look } = await seeing({
      'CAA example.com': 'SERVFAIL',
      'CAA com': [caa('com', 'issue', 'amazon.com')],
    });
    expect(await look('api.example.com')).toEqual({
      is: 'unseen',
      why: 'DNS did not tell the CAA records of "example.com": the server failed (SERVFAIL), as it does when a zone is broken or its DNSSEC signatures are',
    });
  });
});

describe('the CNAME of a validation record', () => {
  it('is told without the final dot and in lower case', async () => {
    const { cnames } = await seeing({
      'CNAME _x1.example.com': [cname('_x1.example.com', '_X2.acm-validations.aws')],
    });
    expect(await cnames('_x1.Example.com.')).toEqual({ is: 'seen', fact: ['_x2.acm-validations.aws'] });
  });

  it('may lead to another CNAME, which counts, too', async () => {
    const { cnames } = await seeing({
      'CNAME _x1.example.com': [cname('_x1.example.com', '_x1.validation.example.net')],
      'CNAME _x1.validation.example.net': [cname('_x1.validation.example.net', '_x2.acm-validations.aws')],
      'CNAME _x2.acm-validations.aws': 'SERVFAIL',
    });
    const fact = ['_x1.validation.example.net', '_x2.acm-validations.aws'];
    expect(await cnames('_x1.example.com.')).toEqual({ is: 'seen', fact });
  });

  it('is followed in a circle for nine steps', async () => {
    const { cnames } = await seeing({
      'CNAME a.example.com': [cname('a.example.com', 'b.example.com')],
      'CNAME b.example.com': [cname('b.example.com', 'a.example.com')],
    });
    expect(await cnames('a.example.com')).toMatchObject({ is: 'seen', fact: { length: 9 } });
  });

  it.each([['NXDOMAIN'], [[]]] as const)('is none where the answer is %j', async (answer) => {
    const { cnames } = await seeing({ 'CNAME _x1.example.com': answer });
    expect(await cnames('_x1.example.com')).toEqual({ is: 'seen', fact: [] });
  });

  it.each([
    ['SERVFAIL', 'the server failed (SERVFAIL), as it does when a zone is broken or its DNSSEC signatures are'],
    ['REFUSED', 'the server refused to answer (REFUSED)'],
  ] as const)('is unseen after %s', async (answer, why) => {
    const { cnames } = await seeing({ 'CNAME _x1.example.com': answer });
    expect(await cnames('_x1.example.com')).toEqual({
      is: 'unseen',
      why: `DNS did not tell the CNAME of "_x1.example.com": ${why}`,
    });
  });

  it('is unseen after a second question without an answer', async () => {
    const { cnames, asked } = await seeing({ 'CNAME _x1.example.com': 'silence' }, { timeout: 100 });
    expect(await cnames('_x1.example.com')).toEqual({
      is: 'unseen',
      why: 'DNS did not tell the CNAME of "_x1.example.com": no server answered in time',
    });
    expect(asked).toEqual(['CNAME _x1.example.com', 'CNAME _x1.example.com']);
  });

  it('is unseen where no DNS name is that long', async () => {
    const { cnames, asked } = await seeing({});
    const name = `${'x'.repeat(64)}.example.com`;
    const why = `DNS did not tell the CNAME of "${name}": it is no name that DNS knows`;
    expect(await cnames(name)).toEqual({ is: 'unseen', why });
    expect(asked).toEqual([]);
  });
});

it('asks each time: a record that somebody mends is seen at once', async () => {
  const answers: Record<string, Answers[string]> = {
    'CNAME _x1.example.com': [cname('_x1.example.com', 'old.example.net')],
  };
  const { cnames } = await seeing(answers);
  expect(await cnames('_x1.example.com')).toEqual({ is: 'seen', fact: ['old.example.net'] });
  answers['CNAME _x1.example.com'] = [cname('_x1.example.com', 'new.example.net')];
  expect(await cnames('_x1.example.com')).toEqual({ is: 'seen', fact: ['new.example.net'] });
});

it('asks the servers that it is given, one after the other', async () => {
  const [first, second] = [await startDnsServer({ 'CAA com': 'silence' }), await startDnsServer({})];
  stops.push(first.stop, second.stop);
  const look = dns(
    `${first.address}, ${second.address}`,
    new Resolver({ timeout: 1_000, maxTimeout: 1_000, tries: 1 }),
  );
  expect(await look.caa('com')).toEqual(seen('com'));
  expect([first.asked, second.asked]).toEqual([['CAA com'], ['CAA com']]);
});

it('says in place of what it should see that its servers are no addresses', async () => {
  const { caa: look, cnames } = dns('resolver.example.com');
  const why = 'DNS was not asked: the parameter dnsServers is "resolver.example.com", not a list of IP addresses';
  expect(await look('example.com')).toEqual({ is: 'unseen', why });
  expect(await cnames('_x1.example.com')).toEqual({ is: 'unseen', why });
});
