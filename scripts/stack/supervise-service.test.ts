import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SupervisedService } from './supervise-service.mjs';

let folder: string;
let main: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-supervise-'));
  main = join(folder, 'main.mjs');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A service with this code; `started()` in it says that it is up. */
async function supervise(code: string) {
  const started = `const started = () => console.log(JSON.stringify({ level: 30, msg: 'started', ops: 1 }));`;
  await writeFile(main, `import { existsSync, writeFileSync } from 'node:fs';\n${started}\n${code}`);
  const observer = { onStarted: vi.fn(), onLog: vi.fn(), onCrashed: vi.fn(), onBadSettings: vi.fn() };
  let starts = 0;
  const env = async () => ({ ...process.env, MARK: join(folder, 'mark'), START: String((starts += 1)) });
  return { observer, service: new SupervisedService({ main, env, observer }) };
}

it('says when a service is up, and stops it in good order', async () => {
  const { observer, service } = await supervise(
    `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); started();`,
  );
  expect(await service.start()).toMatchObject({ msg: 'started', ops: 1 });
  expect(await service.stop()).toBe(true);
  expect(observer.onCrashed).not.toHaveBeenCalled();
});

it('starts a service again that crashed, after longer and longer pauses', async () => {
  const { observer, service } = await supervise(
    `if (!existsSync(process.env.MARK)) { writeFileSync(process.env.MARK, ''); process.abort(); } started(); setInterval(() => {}, 1000);`,
  );
  expect(await service.start()).toMatchObject({ msg: 'started' });
  expect(observer.onCrashed).toHaveBeenCalledExactlyOnceWith('SIGABRT', 500);
  process.kill(service.pid ?? 0, 'SIGKILL');
  await expect
    .poll(() => observer.onCrashed.mock.calls, { timeout: 25_000 })
    .toEqual([
      ['SIGABRT', 500],
      ['SIGKILL', 1_000],
    ]);
  await service.stop();
});

it('asks for the environment anew before each start: a port may have been taken meanwhile', async () => {
  const { observer, service } = await supervise(
    `if (process.env.START === '1') process.exit(3); started(); setInterval(() => {}, 1000);`,
  );
  expect(await service.start()).toMatchObject({ msg: 'started' });
  expect(observer.onCrashed).toHaveBeenCalledExactlyOnceWith('code 3', 500);
  await service.stop();
});

it('starts nothing if it is stopped while it asks for the environment', async () => {
  const { observer, service } = await supervise('started();');
  const start = service.start();
  expect(await service.stop()).toBe(true);
  expect(await start).toBeUndefined();
  expect(observer.onStarted).not.toHaveBeenCalled();
});

it('does not try again what has refused its settings', async () => {
  const { observer, service } = await supervise(
    `console.error('PORT: expected a number'); process.exit(78);`,
  );
  expect(await service.start()).toBeUndefined();
  expect(observer.onBadSettings).toHaveBeenCalledOnce();
  expect(observer.onLog).toHaveBeenCalledWith({ level: 40, msg: 'PORT: expected a number' });
  await service.stop();
});

it('can be stopped while it waits to start a service again', async () => {
  const { observer, service } = await supervise('process.exit(3);');
  const start = service.start();
  await expect.poll(() => observer.onCrashed.mock.calls, { timeout: 25_000 }).toEqual([['code 3', 500]]);
  await service.stop();
  expect(await start).toBeUndefined();
});
