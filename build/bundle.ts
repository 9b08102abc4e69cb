import { globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build, transform } from 'esbuild';
import { leftOut } from './left-out.ts';

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
  removeOthers(to, new Set(names.flatMap((name) => [name, `${name}.meta.json`])));
  return names.sort();
}

/**
 * What is loaded with `import()` becomes a file of its own, and what several files share another one: a start reads and
 * evaluates only what it needs. esbuild splits ES modules only, Node starts CommonJS sooner: so each file is
 * translated after it was split.
 */
async function bundleOne(source: string, folder: string): Promise<void> {
  const { metafile, outputFiles } = await build({
    ...recipe,
    entryPoints: [{ in: source, out: 'index' }],
    outdir: folder,
    splitting: true,
    format: 'esm',
    metafile: true,
    write: false,
  });
  const files = await Promise.all(outputFiles.map(async ({ path, text }) => [basename(path), await toCommonJs(text)]));
  // The repository says "type": "module"; the bundle is not, here as in Lambda.
  replaceFolder(folder, [...files, ['package.json', '{"type":"commonjs"}\n']]);
  writeFileSync(`${folder}.meta.json`, JSON.stringify(metafile));
}

const recipe: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  legalComments: 'none',
  platform: 'node',
  target: 'node24',
  // Packages that ship ES modules are tree-shaken; esbuild's default for platform node is their CommonJS build.
  mainFields: ['module', 'main'],
  plugins: [leftOut],
};

async function toCommonJs(text: string): Promise<string> {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minify: true,
    // `import()` of a neighbour becomes a `require` at that moment: Node's own would go through its ES module loader.
    supported: { 'dynamic-import': false },
  });
  return code;
}

/** At once, so that nobody starts half of one bundle with half of another. */
function replaceFolder(folder: string, files: readonly (readonly string[])[]): void {
  const next = `${folder}.next`;
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  for (const [name = '', text = ''] of files) writeFileSync(join(next, name), text);
  rmSync(folder, { recursive: true, force: true });
  renameSync(next, folder);
}

/** Removes what functions that are gone left behind. */
function removeOthers(folder: string, current: ReadonlySet<string>): void {
  const others = globSync('*', { cwd: folder }).filter((entry) => !current.has(entry));
  for (const other of others) rmSync(join(folder, other), { recursive: true });
}

if (import.meta.main) await bundle();
