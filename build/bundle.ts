import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** Repository root: the build reads and writes below it, wherever it is started. */
const root = join(import.meta.dirname, '..');

/**
 * Bundles each functions/<name>.ts into dist/functions/<name>/index.js, with esbuild's metafile beside the folder, and
 * returns the names. The recipe is the fastest cold start that was measured: docs/performance.md.
 *
 * @param folders other places for sources and bundles, for tests
 * @throws esbuild's BuildFailure, already printed
 */
export async function bundle({ from = join(root, 'functions'), to = join(root, 'dist/functions') } = {}) {
  const names = globSync('*.ts', { cwd: from }).map((file) => basename(file, '.ts'));
  await Promise.all(names.map((name) => bundleOne(join(from, `${name}.ts`), join(to, name))));
  for (const left of leftovers(to, names)) rmSync(join(to, left), { recursive: true });
  return names.sort();
}

async function bundleOne(source: string, folder: string): Promise<void> {
  const { metafile } = await build({
    entryPoints: [source],
    outfile: join(folder, 'index.js'),
    absWorkingDir: root,
    bundle: true,
    metafile: true,
    minify: true,
    legalComments: 'none',
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // Packages that ship ES modules are tree-shaken; esbuild's default for platform node is their CommonJS build.
    mainFields: ['module', 'main'],
    // `import()` of a bundled module becomes a function that evaluates it on first use, not a second file.
    supported: { 'dynamic-import': false },
    alias: { '@aws-sdk/credential-provider-node': join(root, 'build/lambda-credentials.ts') },
  });
  mkdirSync(folder, { recursive: true });
  // The repository says "type": "module"; the bundle is not, here as in Lambda.
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}\n');
  writeFileSync(`${folder}.meta.json`, JSON.stringify(metafile));
}

/** What functions that are gone left behind. The others are overwritten in place: a lab may be running them. */
function leftovers(to: string, names: readonly string[]): string[] {
  const current = new Set(names.flatMap((name) => [name, `${name}.meta.json`]));
  return globSync('*', { cwd: to }).filter((entry) => !current.has(entry));
}

if (import.meta.main) await bundle();
