import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { linkModules } from '../../scripts/checks/deployment/image/make-image.ts';

const SERVICES = ['gateway', 'producer', 'consumer', 'recorder', 'notifier'].map(
  (name) => `services/${name}`,
);
const repository = fileURLToPath(new URL('../../', import.meta.url));

export interface OlderVersion {
  /** The commit, in short. */
  readonly commit: string;
  /** For `startService`. */
  readonly root: URL;
  remove(): void;
}

/** Another commit of this repository, built in a folder of its own; a minute, and another one if it stands on other packages than those that are installed here. */
export function buildOlderVersion(revision: string): OlderVersion {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
  const commit = git('rev-parse', '--short', `${revision}^{commit}`);
  const folder = mkdtempSync(join(tmpdir(), 'heddle-older-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const archive = join(folder, 'archive.tar');
    git('archive', '--output', archive, commit);
    execFileSync('tar', ['-xf', archive, '-C', folder]);
    if (lockOf(folder) === lockOf(repository)) linkModules(repository, folder);
    else execFileSync('npm', ['ci', '--prefer-offline'], { cwd: folder, stdio: 'pipe' });
    execFileSync('npx', ['tsc', '-b', ...SERVICES], { cwd: folder, stdio: 'pipe' });
  } catch (error) {
    remove();
    throw error;
  }
  return { commit, root: pathToFileURL(`${folder}/`), remove };
}

function lockOf(folder: string): string {
  return readFileSync(join(folder, 'package-lock.json'), 'utf8');
}
