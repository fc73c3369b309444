import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Dockerfile } from './read-dockerfile.ts';
import { type Image, runDockerfile } from './run-dockerfile.ts';

interface Making {
  readonly repository: string;
  readonly dockerfile: Dockerfile;
  /** A folder with what Docker would be sent. */
  readonly context: string;
  /** An empty folder. */
  readonly folder: string;
  readonly service: string;
}

/**
 * Makes a service's image in a folder, by the commands of the Dockerfile. These are not done as they stand:
 * - where everything is installed (`npm ci`, for the compiler), this repository's own node_modules, which the same command made, are linked;
 * - the compiler is given what it has built here before, so that it compiles only what differs;
 * - production dependencies are installed for the recorder only; for the others what npm says it would install is taken from the repository;
 * - Debian's package is not fetched: what it would bring is put there.
 */
export function makeImage({ repository, dockerfile, context, folder, service }: Making): Image {
  return runDockerfile({
    dockerfile,
    context,
    folder,
    args: { SERVICE: service },
    run: (stage, command, cwd, env) => {
      if (command === 'npm ci') return linkModules(repository, cwd);
      const given = {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        npm_config_prefer_offline: 'true',
        ...env,
      };
      if (stage === 'build') giveBuilt(repository, cwd, service, given);
      const steps = command.split(' && ');
      const done = steps.filter((step) => {
        if (step.startsWith('npm ci --omit=dev ') && service !== 'recorder')
          copyModules(repository, cwd, service);
        else if (step.startsWith('apt-get install ')) putJemalloc(join(folder, stage));
        else return !step.startsWith('apt-get ');
        return false;
      });
      execFileSync('sh', ['-ec', done.join(' && ')], { cwd, env: given, stdio: 'pipe' });
    },
  });
}

/** Where npm puts what a service needs in production, from the repository's root: what it would install is what it lists. */
export function listModules(repository: string, service: string): string[] {
  const listing = ['ls', '--workspace', `services/${service}`, '--omit=dev', '--all', '--parseable'];
  const { stdout } = spawnSync('npm', listing, { cwd: repository, encoding: 'utf8' });
  const paths = stdout.split('\n').map((path) => relative(repository, path));
  return paths.filter((path) => path.includes('node_modules'));
}

/** As links to the same files where that is possible: some hundred megabytes. */
function copyModules(repository: string, to: string, service: string): void {
  const paths = listModules(repository, service);
  const whole = paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
  for (const how of ['-al', '-a'])
    if (spawnSync('cp', [how, '--parents', ...whole, to], { cwd: repository }).status === 0) return;
  throw new Error(`the packages of ${service} could not be copied`);
}

/** All packages but the workspaces, which are to be those of the image. */
export function linkModules(repository: string, to: string): void {
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

/** Of the projects that the compiler would build for this service, and of no others: what it does not build is not to be there. */
function giveBuilt(repository: string, to: string, service: string, env: NodeJS.ProcessEnv): void {
  const options = { cwd: to, env, encoding: 'utf8' } as const;
  const compiler = 'node_modules/typescript/bin/tsc';
  const asked = [compiler, '-b', `services/${service}`, '--dry'];
  const planned = execFileSync(process.execPath, asked, options);
  for (const [, path = ''] of planned.matchAll(/'[^']*?((?:libs|services)\/[^/']+)\/tsconfig\.json'/g))
    for (const made of ['dist', 'tsconfig.tsbuildinfo']) {
      const source = join(repository, path, made);
      if (existsSync(source)) cpSync(source, join(to, path, made), { recursive: true });
    }
}

/** As Debian's package `libjemalloc2` does; `/usr/local/lib` is part of the image that everything stands on. */
function putJemalloc(root: string): void {
  const folder = join(root, 'usr/lib/x86_64-linux-gnu');
  for (const path of [folder, join(root, 'usr/local/lib')]) mkdirSync(path, { recursive: true });
  writeFileSync(join(folder, 'libjemalloc.so.2'), '');
}
