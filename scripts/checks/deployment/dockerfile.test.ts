import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePorts } from '../../broker/find-free-port.mjs';
import { copyContext } from './image/copy-context.ts';
import { listModules, makeImage } from './image/make-image.ts';
import { readDockerfile } from './image/read-dockerfile.ts';
import { type Image, runDockerfile } from './image/run-dockerfile.ts';
import { startImage } from './image/start-image.ts';
import { gatewayPort, serviceFacts, serviceNames } from './service-facts.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const dockerfile = readDockerfile(readFileSync(join(repository, 'Dockerfile'), 'utf8'));
const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<
    Record<
      string,
      Pick<Package, 'dependencies' | 'optionalDependencies'> & {
        peerDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
};
const isRoot = process.getuid?.() === 0;

describe('the Dockerfile', () => {
  test('copies the package.json of every workspace, without which npm ci refuses the lock file', () => {
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

interface Package {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

describe('the steps of the Dockerfile, done in an empty folder', () => {
  let folder: string;
  let context: string;

  beforeAll(() => {
    folder = makeFolder();
    context = join(folder, 'context');
    copyContext(repository, context);
  }, 60_000);
  // All at once, in the end: for some seconds after many files were removed, ext4 is slow to make new ones (36 s with a removal between
  // the services, 26 s without). And ten thousands of files go by the system's own command in a third of the processor time.
  afterAll(() => execFileSync('rm', ['-rf', folder]), 300_000);

  describe.each(serviceNames)('for the %s', (service) => {
    let image: Image;

    beforeAll(() => {
      const own = join(folder, service);
      mkdirSync(own, { mode: 0o755 });
      image = makeImage({ repository, dockerfile, context, folder: own, service });
    }, 300_000);

    test('leave an image with what it and its libraries depend on, and no sources or tools', () => {
      const modules = ['node_modules', 'service/node_modules', 'libs/outbound/node_modules'].flatMap((path) =>
        modulesOf(join(image.root, 'heddle', path)),
      );
      const wanted = dependenciesOf(service);
      expect(modules).toEqual(expect.arrayContaining([...wanted]));
      if (service === 'recorder') {
        // It was really installed: so what npm lists, which the others are made of, is what it installs.
        const listed = listModules(repository, service).flatMap(
          (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1] ?? [],
        );
        expect(modulesOf(join(image.root, 'heddle/node_modules')).toSorted()).toEqual(listed.toSorted());
      }
      const { devDependencies = {} } = packageOf('.');
      const tools = Object.keys(devDependencies).filter((name) => !wanted.has(name));
      expect(modules.filter((name) => tools.includes(name) && !isIndirect(name, service))).toEqual([]);
      const others = serviceNames.flatMap((other) => [...dependenciesOf(other)]);
      const unwanted = others.filter((name) => !wanted.has(name) && !isIndirect(name, service));
      expect(modules.filter((name) => unwanted.includes(name))).toEqual([]);
      const files = readdirSync(join(image.root, 'heddle/service'));
      expect(files).toEqual(expect.arrayContaining(['dist', 'package.json']));
      expect(files.filter((name) => ['src', 'test'].includes(name))).toEqual([]);
      const libraries = readdirSync(join(image.root, 'heddle/libs'), { recursive: true }).map(String);
      expect(libraries.filter((path) => /^[^/]+\/src(\/|$)/.test(path))).toEqual([]);
    }, 120_000);

    test('make a service that is healthy while its broker is away, with a root that is read-only, and ends in good order', async () => {
      const [opsPort = 0, httpPort = 0] = await findFreePorts(2);
      const data = join(image.root, 'data');
      if (isRoot && service === 'recorder') expect(statSync(data).uid).toBe(1000);
      if (service === 'consumer') {
        const { LD_PRELOAD = '' } = image.env;
        expect(realpathSync(join(image.root, LD_PRELOAD))).toContain('/usr/lib/x86_64-linux-gnu/');
      }
      const started = startImage(image, {
        HEDDLE_OPS_HOST: '127.0.0.1',
        HEDDLE_OPS_PORT: String(opsPort),
        HEDDLE_HTTP_HOST: '127.0.0.1',
        HEDDLE_HTTP_PORT: String(httpPort),
        HEDDLE_DATA: data,
        LD_PRELOAD: '',
        AMQP_URL: 'amqp://127.0.0.1:1',
      });
      try {
        await started.healthy();
      } finally {
        expect(await started.stop(), started.said()).toBe(0);
      }
    }, 90_000);
  });
});

function packageOf(path: string): Package {
  return JSON.parse(readFileSync(join(repository, path, 'package.json'), 'utf8')) as Package;
}

/** The packages of others that a service and the libraries below it name. */
function dependenciesOf(service: string): Set<string> {
  const found = new Set<string>();
  const look = (path: string): void => {
    const { dependencies, optionalDependencies } = packageOf(path);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
      if (name.startsWith('@heddle/')) look(name.replace('@heddle', 'libs'));
      else found.add(name);
  };
  look(`services/${service}`);
  return found;
}

/** Whether something that a service depends on depends on this package in its turn, by the lock file. */
function isIndirect(name: string, service: string): boolean {
  const seen = new Set<string>();
  const next = [...dependenciesOf(service)];
  for (const one of next) {
    if (seen.has(one)) continue;
    seen.add(one);
    const { dependencies, optionalDependencies, peerDependencies } =
      lock.packages[`node_modules/${one}`] ?? {};
    next.push(...Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
  }
  return seen.has(name);
}

/** Names of the packages in a folder, those with a scope too. */
function modulesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  return names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map((scoped) => `${name}/${scoped}`) : [name],
  );
}

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
