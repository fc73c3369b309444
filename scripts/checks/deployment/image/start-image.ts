import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Image } from './run-dockerfile.ts';

const isRoot = process.getuid?.() === 0;

/** Whether this process may have a view of the file system of its own, in which all is read-only. */
export const canBeReadOnly =
  isRoot && spawnSync('unshare', ['--mount', 'sh', '-c', 'mount --make-rprivate /']).status === 0;

/**
 * What an engine does for `--read-only --tmpfs /tmp`: of the whole file system only the image's own data and a folder for temporary
 * files can be written to; then the program runs as the image's user. It ends with 97 if something else can be written to after all.
 */
const READ_ONLY = `
set -e
mount --make-rprivate /
for writable in "$IMAGE_ROOT/data" "$TMPDIR"; do
  if [ -d "$writable" ]; then mount --bind "$writable" "$writable"; fi
done
mount -o remount,bind,ro /
if touch "$IMAGE_ROOT/heddle/written" 2> /dev/null; then exit 97; fi
exec setpriv --reuid="$1" --regid="$2" --clear-groups -- sh -c 'shift 2; exec "$@"' sh "$@"
`;

export interface StartedImage {
  /** Resolves when the image's own health check says so. */
  healthy(): Promise<void>;
  /** SIGTERM; resolves with the exit code, or the signal that ended it. */
  stop(): Promise<unknown>;
  said(): string;
}

/** Starts what an image starts, as its user; where possible with a read-only root. */
export function startImage(image: Image, own: Readonly<Record<string, string>>): StartedImage {
  const temporary = join(image.root, '..', 'tmp');
  mkdirSync(temporary, { mode: 0o777 });
  const env = { PATH: process.env['PATH'], ...image.env, TMPDIR: temporary, IMAGE_ROOT: image.root, ...own };
  const [uid = '', gid = ''] = (image.user ?? '').split(':');
  const cwd = join(image.root, image.workdir);
  const user = isRoot && { uid: Number(uid), gid: Number(gid) };
  const program = canBeReadOnly
    ? ['unshare', '--mount', 'sh', '-c', READ_ONLY, 'sh', uid, gid, ...image.command]
    : image.command;
  const [command = '', ...args] = program;
  const service = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(!canBeReadOnly && user),
  });
  let said = '';
  for (const stream of [service.stdout, service.stderr]) stream.on('data', (text) => (said += String(text)));
  const ended = new Promise((resolve) => service.once('exit', (code, signal) => resolve(code ?? signal)));
  return {
    said: () => said,
    healthy: () =>
      vi.waitFor(
        () => {
          const [asker = '', ...question] = image.healthcheck;
          const asked = spawnSync(asker, question, { cwd, env, ...user });
          if (asked.status !== 0) throw new Error(`not healthy: ${said}`);
        },
        { timeout: 60_000, interval: 250 },
      ),
    stop: () => {
      service.kill('SIGTERM');
      return ended;
    },
  };
}
