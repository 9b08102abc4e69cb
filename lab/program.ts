import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The Python environments that the counterparts' tests make: Envoy and the AWS CLI come as Python packages. */
const environments = join(import.meta.dirname, '../.venv/*/bin');

/** Where a program is, on the path or in one of the project's Python environments; null where it is not installed. */
export function programOf(name: string): string | null {
  const installed = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return [...installed, ...globSync(join(environments, name)).toSorted()].find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
