import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Programs that tests start are those that were built; without changes this takes a tenth of a second. */
export function setup(): void {
  const root = new URL('../../', import.meta.url);
  const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', root));
  execFileSync(process.execPath, [compiler, '-b'], { cwd: fileURLToPath(root), stdio: 'inherit' });
}
