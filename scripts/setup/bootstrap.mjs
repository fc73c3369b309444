import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { reportStep } from './report-step.mjs';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '');

const OLDEST_NODE = [20, 19];

/**
 * Everything that must be there before any of our code can run: Node, dependencies, build. Imports nothing but Node itself,
 * because on a fresh clone there is nothing else.
 */
export async function bootstrap() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new Error(`Heddle needs Node ${OLDEST_NODE.join('.')} or later, this is ${process.versions.node}`);
  }
  await reportStep('dependencies', (says) => installDependencies(root, says));
  await reportStep('build', () => build(root));
}

/** Runs a script's main function; an error ends it with 1 and its message, with all that a failed command wrote. */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${error.output ? `${error.output.trimEnd()}\n` : ''}${error.message}\n`);
    process.exitCode = 1;
  }
}
