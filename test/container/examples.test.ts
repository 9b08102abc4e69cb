import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formats } from '../../shared/domain/form.ts';

const folder = join(import.meta.dirname, '../../container');
const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const helper = read('courier-start');
const page = read('README.md');
const files = globSync('**/*.*', { cwd: folder })
  .concat(globSync('**/Dockerfile', { cwd: folder }))
  .sort();

/** What the helper itself lists: file, key, end of the variable's name. */
const deliveredFiles = [...helper.matchAll(/^ {2}"\$1" (\S+) (\w+) (\w+)$/gm)].map((match) => match.slice(1));
const variableOf = new Map(deliveredFiles.map(([, key, name]) => [key, `COURIER_${name}`]));

const rowsOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match.slice(1));
const rows = (pattern: RegExp) => rowsOf(page, pattern);

describe('the page says what the helper does', () => {
  it('of each exit code, in its own words, and of no other', () => {
    const help = helper.slice(helper.indexOf('Exit codes, when'), helper.indexOf('\nEOF'));
    const said = [...help.matchAll(/(\d\d) {2}(\S+(?: \S+)*)/g)].map((match) => match.slice(1));
    expect(rows(/^\| (\d\d) \| ([^|]+) \|/gm)).toEqual(said);
    const used = new Set(helper.match(/(?<=fail )\d\d/g));
    expect(said.map(([code]) => code)).toEqual([...used].sort());
  });

  it('of each file with its key and variable', () => {
    expect(deliveredFiles).toHaveLength(9);
    expect(rows(/^\| `([\w.-]+)` \| `(\w+)` \| `COURIER_(\w+)` \|$/gm)).toEqual(deliveredFiles);
  });

  it('and leads to every file that is here', () => {
    const targets = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    expect(targets.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
    const helpers = ['README.md', 'envoy/sds-certificate.yaml'];
    expect(files.filter((file) => !targets.includes(file) && !helpers.includes(file))).toEqual([]);
  });
});

describe.each(files.filter((file) => file.endsWith('Dockerfile')))('%s', (file) => {
  const text = read(file);
  const copied = [...text.matchAll(/^COPY --chmod=\d+ (.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));

  it('copies the helper and files that are here, and starts what their comments say', () => {
    expect(copied).toContain('courier-start');
    expect(copied.filter((source) => !existsSync(join(folder, source)))).toEqual([]);
    const [, command = ''] = /^CMD (.+)$/m.exec(text) ?? [];
    const configurations = copied.filter((source) => source.startsWith(dirname(file)));
    expect(configurations.some((source) => read(source).includes(`CMD ${command}`))).toBe(true);
    expect(text).toContain('ENTRYPOINT ["courier-start", "--"]\n');
  });

  it('leaves root before it starts anything', () => {
    expect([...text.matchAll(/^USER (.+)$/gm)].at(-1)?.[1]).not.toBe('root');
    expect(text).toMatch(/^USER /m);
  });
});

type Injected = { readonly name: string; readonly valueFrom: string };

it.each(files.filter((file) => /task-definition.*\.json$/.test(file)))(
  '%s injects all keys of one format under the names that the helper knows',
  (file) => {
    const { containerDefinitions } = JSON.parse(read(file)) as {
      containerDefinitions: [{ secrets?: Injected[]; environment?: { name: string }[] }];
    };
    const [{ secrets, environment = [] }] = containerDefinitions;
    if (!secrets) return expect(environment.map(({ name }) => name)).toContain('COURIER_SECRET');
    const keys = secrets.map(({ valueFrom }) => /:([^:]+)::$/.exec(valueFrom)?.[1] ?? '');
    expect(Object.values(formats)).toContainEqual(keys);
    expect(secrets.map(({ name }) => name)).toEqual(keys.map((key) => variableOf.get(key)));
  },
);

it('service.yaml injects each key under the name that the helper knows', () => {
  const pairs = rowsOf(read('service.yaml'), /Name: (\w+), ValueFrom: !Sub '\$\{Delivered\.SecretArn\}:(\w+)::'/g);
  expect(new Set(pairs.map(([, key]) => key))).toEqual(new Set([...formats.keystore, ...formats.standard]));
  expect(pairs.filter(([name, key]) => variableOf.get(key) !== name)).toEqual([]);
});
