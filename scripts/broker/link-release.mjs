import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathInside } from './find-rabbitmq.mjs';

/**
 * Makes a release folder of links with only those plugins that `rabbit` itself depends on, and returns it.
 * The full one holds some 70 applications, whose look-ups make up half of the boot.
 */
export function linkRelease(installation, folder) {
  const plugins = join(installation.root, installation.home, 'plugins');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'plugins'), { recursive: true });
  for (const name of ['sbin', 'escript']) symlinkSync(join(installation.home, name), join(folder, name));
  for (const name of dependencyClosure(plugins, 'rabbit')) {
    symlinkSync(join(installation.home, 'plugins', name), join(folder, 'plugins', name));
  }
  return pathInside(installation, folder);
}

/** The folders of an Erlang application and of all that it needs, as far as they lie beside it. */
function dependencyClosure(plugins, application) {
  const folders = new Map(readdirSync(plugins).map((name) => [name.replace(/-[^-]*$/, ''), name]));
  const wanted = new Set([application]);
  for (const name of wanted) {
    const folder = folders.get(name);
    if (!folder) continue;
    const description = readFileSync(join(plugins, folder, 'ebin', `${name}.app`), 'utf8');
    for (const list of description.matchAll(
      /\{\s*(?:applications|optional_applications)\s*,\s*\[([^\]]*)\]/g,
    )) {
      for (const needed of list[1].matchAll(/[a-z][\w@]*/g)) wanted.add(needed[0]);
    }
  }
  return [...wanted].flatMap((name) => folders.get(name) ?? []);
}
