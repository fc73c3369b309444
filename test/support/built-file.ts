import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Where the compiler puts a file of the tests that `tsconfig.programs.json` lists: a program that a test starts, or a module
 * of tasks that a worker loads.
 */
export function builtFile(source: URL): string {
  const path = relative(repository, fileURLToPath(source));
  return join(repository, '.heddle/programs', path.replace(/\.ts$/, '.js'));
}
