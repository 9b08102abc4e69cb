import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Where a server of an example runs here: on an address of its own, with the delivered files and a folder to write into. */
export type Place = { readonly host: string; readonly directory: string; readonly scratch: string };

/**
 * Writes a configuration of container/ (`envoy/static.yaml`) as it stands, but for the place and for `changes` (text to
 * text), into the scratch folder. Returns its path.
 */
export function configuration(example: string, { host, directory, scratch }: Place, changes: Changes = {}): string {
  const text = readFileSync(join(import.meta.dirname, '../container', example), 'utf8');
  const changed = Object.entries(changes).reduce((before, [from, to]) => before.replaceAll(from, to), text);
  const here: Changes = {
    '0.0.0.0': host,
    '127.0.0.1': host,
    '/dev/shm/courier': directory,
    '/etc/envoy': scratch,
    '/tmp': scratch,
  };
  const path = join(scratch, basename(example));
  writeFileSync(
    path,
    changed.replace(/0\.0\.0\.0|127\.0\.0\.1|\/dev\/shm\/courier|\/etc\/envoy|\/tmp/g, (found) => here[found] ?? found),
  );
  return path;
}

export type Changes = Readonly<Record<string, string>>;
