import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { assignment, type Dockerfile, fillIn, type Instruction } from './read-dockerfile.ts';

export interface Image {
  /** The folder that stands for its root. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly exposed: readonly number[];
}

export interface Build {
  readonly dockerfile: Dockerfile;
  /** The folder with what Docker would be sent. */
  readonly context: string;
  /** An empty folder, for the stages' roots. */
  readonly folder: string;
  readonly args: Readonly<Record<string, string>>;
  /** Does a `RUN` in the stage's working folder, given its environment. */
  run(stage: string, command: string, cwd: string, env: Readonly<Record<string, string>>): void;
}

interface Growing {
  root: string;
  workdir: string;
  env: Record<string, string>;
  args: Record<string, string>;
  user: string | undefined;
  command: string[];
  healthcheck: string[];
  exposed: number[];
}

/** Folders at the root of the image that its commands name: nothing outside is touched. */
const OWN_ROOTS = /(?<=^|[\s"'=])\/(?=(?:heddle|data|usr|var)\b)/g;

/** Does what `docker build` does, each stage in a folder of its own instead of a container; only the stages that the last one needs. */
export function runDockerfile(build: Build): Image {
  const made = new Map<string, Growing>();
  const globals = { ...build.dockerfile.globals, ...build.args };
  const make = (index: number): Growing => {
    const stage = build.dockerfile.stages[index];
    if (!stage) throw new Error(`expected a stage ${index}, got none`);
    const name = stage.name ?? `stage-${index}`;
    const known = made.get(name);
    if (known) return known;
    const image = startFrom(build, name, find(fillIn(stage.base, globals)));
    for (const instruction of stage.instructions) carryOut(build, name, image, instruction, find);
    made.set(name, image);
    return image;
  };
  const find = (name: string): Growing | undefined => {
    const index = build.dockerfile.stages.findIndex((stage) => stage.name === name);
    return index === -1 ? undefined : make(index);
  };
  return make(build.dockerfile.stages.length - 1);
}

function startFrom(build: Build, name: string, base: Growing | undefined): Growing {
  const root = join(build.folder, name);
  mkdirSync(root, { mode: 0o755 });
  if (base) execFileSync('cp', ['-a', `${base.root}/.`, root]);
  return base
    ? { ...structuredClone(base), root, args: {} }
    : { root, workdir: '/', env: {}, args: {}, user: undefined, command: [], healthcheck: [], exposed: [] };
}

function carryOut(
  build: Build,
  stage: string,
  image: Growing,
  { keyword, flags, text }: Instruction,
  find: (name: string) => Growing | undefined,
): void {
  const filled = fillIn(text, { ...image.args, ...image.env });
  switch (keyword) {
    case 'ARG': {
      const [name, fallback] = assignment(text);
      image.args[name] = build.args[name] ?? (fallback || (build.dockerfile.globals[name] ?? ''));
      return;
    }
    case 'ENV':
      for (const pair of filled.split(/\s+/))
        Object.assign(image.env, Object.fromEntries([assignment(pair)]));
      return;
    case 'WORKDIR':
      image.workdir = filled;
      mkdirSync(join(image.root, filled), { recursive: true });
      return;
    case 'COPY': {
      const from = flags['from'] === undefined ? build.context : find(flags['from'])?.root;
      if (from === undefined) throw new Error(`COPY --from=${flags['from']}: expected a stage, got none`);
      copy(from, filled.split(/\s+/), image);
      return;
    }
    case 'RUN': {
      const command = text.replaceAll(OWN_ROOTS, `${image.root}/`);
      build.run(stage, command, join(image.root, image.workdir), { ...image.args, ...image.env });
      return;
    }
    case 'USER':
      image.user = filled;
      return;
    case 'EXPOSE':
      image.exposed = [...image.exposed, ...filled.split(/\s+/).map(Number)];
      return;
    case 'CMD':
      image.command = JSON.parse(text) as string[];
      return;
    case 'HEALTHCHECK':
      image.healthcheck = JSON.parse(text.replace(/^CMD\s+/, '')) as string[];
      return;
    case 'STOPSIGNAL':
      return;
    default:
      throw new Error(`expected an instruction that this test knows, got ${keyword}`);
  }
}

/** Of a folder its contents, of a file itself: as `COPY` does. */
function copy(from: string, paths: readonly string[], image: Growing): void {
  const target = paths.at(-1) ?? '';
  const to = join(image.root, isAbsolute(target) ? '' : image.workdir, target);
  for (const path of paths.slice(0, -1)) {
    const source = join(from, path);
    if (!existsSync(source)) throw new Error(`COPY ${path}: no such file`);
    const isFolder = statSync(source).isDirectory();
    mkdirSync(isFolder || target.endsWith('/') ? to : join(to, '..'), { recursive: true });
    // Nothing changes what was copied from another stage.
    const how = from.endsWith('/context') ? '-a' : '-al';
    execFileSync('cp', [how, isFolder ? `${source}/.` : source, to]);
  }
}
