import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findFreePorts } from '../../broker/find-free-port.mjs';
import { copyContext } from './image/copy-context.ts';
import { readDockerfile } from './image/read-dockerfile.ts';
import { type Image, runDockerfile } from './image/run-dockerfile.ts';
import { gatewayPort, serviceFacts, serviceNames } from './service-facts.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const dockerfile = readDockerfile(readFileSync(join(repository, 'Dockerfile'), 'utf8'));
const isRoot = process.getuid?.() === 0;

describe('the Dockerfile', () => {
  test('copies the package.json of every workspace, without which npm ci refuses the lock file', () => {
    const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
      packages: object;
    };
    const workspaces = Object.keys(lock.packages).filter(
      (path) => path !== '' && !path.includes('node_modules'),
    );
    const copied = dockerfile.stages
      .find(({ name }) => name === 'manifests')
      ?.instructions.map(({ keyword, text }) => `${keyword} ${text}`);
    expect(copied).toEqual(
      expect.arrayContaining(workspaces.map((path) => `COPY ${path}/package.json ${path}/`)),
    );
  });

  test('is on a slim Node.js 24, and gives every service a stage and nobody else one', () => {
    expect(dockerfile.globals['NODE_IMAGE']).toBe('node:24-slim');
    expect(dockerfile.stages.at(-1)?.base).toBe('${SERVICE}');
    const shared = ['manifests', 'build', 'dependencies', 'runtime', ''];
    const own = dockerfile.stages.map(({ name = '' }) => name).filter((name) => !shared.includes(name));
    expect(own.toSorted()).toEqual(serviceNames.toSorted());
  });

  test.each(serviceNames)('asks the %s on its own ops port, and exposes what it listens on', (service) => {
    const { env, exposed } = dryRun(service);
    const { opsPort } = serviceFacts[service];
    expect(env).toMatchObject({
      HEDDLE_OPS_PORT: String(opsPort),
      HEDDLE_OPS_HOST: '0.0.0.0',
      NODE_ENV: 'production',
    });
    expect(exposed).toEqual(service === 'gateway' ? [gatewayPort, opsPort] : [opsPort]);
  });

  test.each(serviceNames)('starts the %s without a shell and without rights', (service) => {
    const { command, user, healthcheck } = dryRun(service);
    expect(command).toEqual(['node', 'service/dist/main.js']);
    expect(healthcheck.slice(0, 2)).toEqual(['node', '-e']);
    expect(user).toBe('1000:1000');
  });

  test('gives jemalloc to workers only', () => {
    const preloaded = serviceNames.filter((service) => 'LD_PRELOAD' in dryRun(service).env);
    expect(preloaded).toEqual(['consumer']);
  });
});

/**
 * The steps are those of the Dockerfile, with two exceptions: where it installs everything (`npm ci`, for the compiler), this
 * repository's own node_modules, which the same command made, are linked; and Debian's packages are not installed.
 */
describe('the steps of the Dockerfile, done in an empty folder', () => {
  let folder: string;
  let image: Image;

  beforeAll(() => {
    folder = makeFolder();
    const context = join(folder, 'context');
    copyContext(repository, context);
    image = runDockerfile({
      dockerfile,
      context,
      folder,
      args: { SERVICE: 'recorder' },
      run: (_, command, cwd, env) => {
        if (command === 'npm ci') return linkModules(cwd);
        const given = {
          PATH: process.env['PATH'],
          HOME: process.env['HOME'],
          npm_config_prefer_offline: 'true',
        };
        execFileSync('sh', ['-ec', command], { cwd, env: { ...given, ...env }, stdio: 'pipe' });
      },
    });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 300_000);

  test('leave an image with production dependencies only, and no sources', () => {
    const modules = readdirSync(join(image.root, 'heddle/node_modules'));
    expect(modules).toEqual(expect.arrayContaining(['amqplib', 'kysely', 'zod']));
    for (const name of ['typescript', 'vitest', 'tsx', 'express', 'sharp', 'onnxruntime-node'])
      expect(modules).not.toContain(name);
    expect(readdirSync(join(image.root, 'heddle/service'))).toEqual(
      expect.not.arrayContaining(['src', 'test']),
    );
    expect(existsSync(join(image.root, 'heddle/service/dist/main.js'))).toBe(true);
  });

  test('make a service that is healthy while its broker is away, as a user who can write to nothing but its data, and ends in good order', async () => {
    const [port = 0] = await findFreePorts(1);
    const data = join(image.root, 'data');
    if (isRoot) expect(statSync(data).uid).toBe(1000);
    const env = {
      PATH: process.env['PATH'],
      ...image.env,
      HEDDLE_OPS_HOST: '127.0.0.1',
      HEDDLE_OPS_PORT: String(port),
      HEDDLE_DATA: data,
      AMQP_URL: 'amqp://127.0.0.1:1',
    };
    const [uid, gid] = (image.user ?? '').split(':').map(Number);
    const options = { cwd: join(image.root, image.workdir), env, ...(isRoot && { uid, gid }) };
    const [program = '', ...args] = image.command;
    const service = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [service.stdout, service.stderr])
      stream.on('data', (text) => (said += String(text)));
    const ended = new Promise((resolve) => service.once('exit', (code, signal) => resolve(code ?? signal)));
    try {
      const [asker = '', ...question] = image.healthcheck;
      await vi.waitFor(() => expect(spawnSync(asker, question, options).status, said).toBe(0), {
        timeout: 60_000,
        interval: 250,
      });
    } finally {
      service.kill('SIGTERM');
    }
    expect(await ended, said).toBe(0);
  }, 90_000);
});

/** The image as it is described, with nothing done. */
function dryRun(service: string): Image {
  const folder = makeFolder();
  try {
    const copies = ['COPY', 'RUN'];
    const stages = dockerfile.stages.map((stage) => ({
      ...stage,
      instructions: stage.instructions.filter(({ keyword }) => !copies.includes(keyword)),
    }));
    const nothing = { context: folder, folder, run: () => {} };
    return runDockerfile({ ...nothing, dockerfile: { ...dockerfile, stages }, args: { SERVICE: service } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One that other users can read. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-image-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'context'));
  return folder;
}

/** All packages but the workspaces, which are to be those of the image. */
function linkModules(to: string): void {
  const manifests = execFileSync('git', ['ls-files', '--', '*package.json'], {
    cwd: repository,
    encoding: 'utf8',
  });
  for (const manifest of manifests.trim().split('\n')) {
    const modules = join(manifest, '..', 'node_modules');
    if (!existsSync(join(repository, modules)) || !existsSync(join(to, manifest))) continue;
    mkdirSync(join(to, modules));
    for (const name of readdirSync(join(repository, modules))) {
      const source = join(repository, modules, name);
      if (name === '@heddle') execFileSync('cp', ['-a', source, join(to, modules)]);
      else symlinkSync(source, join(to, modules, name));
    }
  }
}
