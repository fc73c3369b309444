import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from './run-command.mjs';

/**
 * Runs `npm ci` if what is installed is not what the lock file asks for; 6 ms if it is.
 * @param {string} root
 * @param {(done: string) => void} says
 */
export async function installDependencies(root, says) {
  if (areInstalled(root)) return says('up to date');
  const [command, args] = npmCommand(['ci', '--no-progress', '--loglevel=error']);
  await runCommand(command, args, { cwd: root });
  says('installed');
}

/** Compares the lock file with npm's own note of what it installed. Optional packages may be absent: they are for other systems. */
export function areInstalled(root) {
  const notes = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(notes)) return false;
  const locked = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(notes);
  return Object.entries(locked).every(([path, wanted]) => {
    if (path === '') return true;
    const present = installed[path];
    if (!present) return wanted.optional === true || wanted.devOptional === true || wanted.peer === true;
    return present.version === wanted.version && present.integrity === wanted.integrity;
  });
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

/** The npm that runs this script, or the one that came with this Node: the first on PATH may belong to another. */
function npmCommand(args) {
  const candidates = [
    process.env.npm_execpath,
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  const cli = candidates.find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
  return cli ? [process.execPath, [cli, ...args]] : ['npm', args];
}
