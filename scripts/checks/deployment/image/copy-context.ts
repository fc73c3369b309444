import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Copies what `docker build` would send: the files of the repository, also those not committed yet, less those of `.dockerignore`. */
export function copyContext(repository: string, to: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  });
  const isSent = sentBy(readFileSync(join(repository, '.dockerignore'), 'utf8'));
  for (const path of listed.split('\0').filter((name) => name !== '' && isSent(name))) {
    const source = join(repository, path);
    if (!existsSync(source)) continue;
    mkdirSync(dirname(join(to, path)), { recursive: true });
    cpSync(source, join(to, path));
  }
}

/** The last pattern that a path or a folder above it matches decides. */
function sentBy(dockerignore: string): (path: string) => boolean {
  const patterns = dockerignore
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ sends: line.startsWith('!'), matches: matching(line.replace(/^!/, '')) }));
  return (path) => patterns.findLast(({ matches }) => matches.test(path))?.sends ?? true;
}

function matching(pattern: string): RegExp {
  const parts = pattern
    .replace(/^\*\*\//, '\0')
    .split('*')
    .map((part) => part.replaceAll(/[.+?^$()[\]{}|\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]*').replace('\0', '(?:.*/)?')}(?:/|$)`);
}
