import { globSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Who may import what (DESIGN §9): places in the repository, and packages or built-ins by their beginning. */
type Rule = { readonly of: RegExp; readonly places: RegExp; readonly packages: RegExp };

const rules: readonly Rule[] = [
  { of: /^functions\//, places: /^shared\//, packages: /^$/ },
  { of: /^shared\/domain\//, places: /^shared\/domain\//, packages: /^$/ },
  { of: /^shared\/material\/keystore\.ts$/, places: /^shared\/material\//, packages: /^(node:crypto|asn1js|pkijs)$/ },
  { of: /^shared\/material\//, places: /^shared\/(material|domain)\//, packages: /^node:(crypto|tls|stream)$/ },
  { of: /^shared\/network\//, places: /^shared\/domain\//, packages: /^node:(dns(\/promises)?|tls)$/ },
  { of: /^shared\/aws\//, places: /^shared\/(aws|domain)\//, packages: /^@aws-sdk\// },
  { of: /^shared\/events\//, places: /^shared\//, packages: /^zod\/mini$/ },
  {
    of: /^shared\/(runtime|metrics)\.ts$/,
    places: /^shared\//,
    packages: /^(@aws-lambda-powertools\/|@middy\/|aws-lambda$)/,
  },
  { of: /^shared\/[^/]+\.ts$/, places: /^shared\//, packages: /^aws-lambda$/ },
  { of: /^cli\/aws\//, places: /^(cli\/aws|shared\/(aws|domain))\//, packages: /^@aws-sdk\// },
  {
    of: /^cli\//,
    places: /^((cli|shared)\/|package\.json$)/,
    packages: /^(cli-progress|cli-table3|commander|node:(process|util))$/,
  },
  { of: /^lab\//, places: /^(lab|build)\//, packages: /./ },
  { of: /^build\//, places: /^build\//, packages: /./ },
];

const importing = /^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/gm;

/** What a file imports, types included: places from the root of the repository, or names of packages. */
const importsOf = (file: string, text: string): readonly string[] =>
  [...text.matchAll(importing)]
    .map((match) => match[1] ?? match[2] ?? '')
    .map((name) => (name.startsWith('.') ? normalize(join(file, '..', name)) : name));

function whatIsWrong(file: string, text: string): readonly string[] {
  const rule = rules.find(({ of }) => of.test(file));
  if (!rule) return [`${file} is in no layer`];
  return importsOf(file, text)
    .filter((name) => !(/\.(ts|json)$/.test(name) ? rule.places : rule.packages).test(name))
    .map((name) => `${file} may not import ${name}`);
}

const sources = globSync('{functions,shared,cli,lab,build}/**/*.ts', { cwd: root }).sort();
const read = (file: string) => readFileSync(join(root, file), 'utf8');

test('every file imports only what its layer may import', () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.flatMap((file) => whatIsWrong(file, read(file)))).toEqual([]);
});

test.each([
  ['shared/domain/plan.ts', `import { ask } from '../aws/trouble.ts';`],
  ['shared/domain/plan.ts', `import type { Secrets } from '../aws/secrets.ts';`],
  ['shared/domain/hash.ts', `import {\n  createHash,\n} from 'node:crypto';`],
  ['shared/material/pem.ts', `export { ask } from '../aws/trouble.ts';`],
  ['shared/network/dns.ts', `import { ask } from '../aws/trouble.ts';`],
  ['shared/network/dns.ts', `import { connect } from 'node:net';`],
  ['shared/aws/topic.ts', `import { deliver } from '../deliver.ts';`],
  ['shared/deliver.ts', `import { ACMClient } from '@aws-sdk/client-acm';`],
  ['shared/deliver.ts', `const lab = await import('../lab/world.ts');`],
  ['functions/deliver.ts', `import { z } from 'zod/mini';`],
  ['cli/status.ts', `import { STSClient } from '@aws-sdk/client-sts';`],
  ['cli/status.ts', `import { startLab } from '../lab/world.ts';`],
  ['cli/aws/alarms.ts', `import { print } from '../screen.ts';`],
  ['shared/plan.ts', `import { print } from '../cli/screen.ts';`],
  ['lab/acm.ts', `import { normalSerial } from '../shared/domain/certificate.ts';`],
  ['elsewhere/file.ts', ''],
])('the rules would notice %s with %j', (file, text) => {
  expect(whatIsWrong(file, text)).toHaveLength(1);
});

test('no file imports itself by way of others', () => {
  const graph = new Map(
    sources.map((file) => [file, importsOf(file, read(file)).filter((name) => name.endsWith('.ts'))]),
  );
  const circles = sources.flatMap((file) => {
    const way = wayBack(file, graph);
    return way ? [way.join(' → ')] : [];
  });
  expect(circles).toEqual([]);
});

/** The shortest way from a file back to itself, or undefined. */
function wayBack(start: string, graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const ways = [[start]];
  const seen = new Set<string>();
  for (let way = ways.shift(); way; way = ways.shift()) {
    for (const next of graph.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return [...way, start];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}
