import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { erlangHome, pathInside } from './find-rabbitmq.mjs';

/** RabbitMQ looks for a module in one plugin after the other, from z to a: here first. */
const FIRST_LOOK = 'zz-modules-0.0.0';

/**
 * Makes a release folder of links below this one, with only those plugins that `rabbit` itself depends on, and returns it.
 * The full one holds some 70 applications, whose look-ups make up half of the boot. A boot loads some 900 modules, and looks for
 * each of them in one of the 20 that are left after the other: so one folder more, the first, has links to all modules. As many
 * links take a tenth of a second to make: nodes side by side share them, until RabbitMQ or Erlang has another version.
 */
export function linkRelease(installation, parent) {
  const { root, home } = installation;
  const plugins = join(home, 'plugins');
  const libraries = join(erlangHome(installation), 'lib');
  const needed = dependencyClosure(root, [plugins, libraries], 'rabbit');
  const folder = join(
    parent,
    `release-${createHash('sha256').update(needed.join()).digest('hex').slice(0, 12)}`,
  );
  if (!existsSync(folder)) {
    mkdirSync(parent, { recursive: true });
    const draft = mkdtempSync(join(parent, 'release-draft-'));
    linkAll(draft, installation, needed, plugins);
    moveInPlace(draft, folder);
  }
  return pathInside(installation, folder);
}

function linkAll(folder, { root, home }, needed, plugins) {
  const modules = join(folder, 'plugins', FIRST_LOOK, 'ebin');
  mkdirSync(modules, { recursive: true });
  for (const name of ['sbin', 'escript']) symlinkSync(join(home, name), join(folder, name));
  const linked = new Set();
  for (const path of needed) {
    if (dirname(path) === plugins) symlinkSync(path, join(folder, 'plugins', basename(path)));
    for (const file of readdirSync(join(root, path, 'ebin'))) {
      if (!file.endsWith('.beam') || linked.has(file)) continue;
      symlinkSync(join(path, 'ebin', file), join(modules, file));
      linked.add(file);
    }
  }
}

/** Whoever starts a node at the same moment may have been faster. */
function moveInPlace(draft, folder) {
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
}

/** The folders of an Erlang application and of all that it needs, as far as they lie in these; those in the first come first. */
function dependencyClosure(root, parents, application) {
  const folders = new Map();
  for (const parent of parents) {
    if (!existsSync(join(root, parent))) continue;
    for (const name of readdirSync(join(root, parent))) {
      const known = name.replace(/-[^-]*$/, '');
      if (!folders.has(known)) folders.set(known, join(parent, name));
    }
  }
  const wanted = new Set([application]);
  for (const name of wanted) {
    const folder = folders.get(name);
    if (!folder) continue;
    const description = readFileSync(join(root, folder, 'ebin', `${name}.app`), 'utf8');
    for (const list of description.matchAll(
      /\{\s*(?:applications|optional_applications)\s*,\s*\[([^\]]*)\]/g,
    )) {
      for (const needed of list[1].matchAll(/[a-z][\w@]*/g)) wanted.add(needed[0]);
    }
  }
  const found = [...wanted].flatMap((name) => folders.get(name) ?? []);
  return parents.flatMap((parent) => found.filter((folder) => dirname(folder) === parent));
}
