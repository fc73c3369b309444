import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Where the compiler puts a program of the tests that `tsconfig.programs.json` lists: read by a loader, it would start in three times the time. */
export function builtProgram(module: URL): string {
  const source = relative(repository, fileURLToPath(module));
  return join(repository, '.heddle/programs', source.replace(/\.ts$/, '.js'));
}
