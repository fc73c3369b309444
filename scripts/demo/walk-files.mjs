import { statSync } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * @typedef {object} FoundFile
 * @property {Buffer} path of the file, as the file system has it
 * @property {string} name its path from the folder, in text: a byte that is no UTF-8 stands there as `%FF`
 * @property {Error} [error] it is a folder that cannot be read
 */

/**
 * Every file below the folder, as the file system gives them: no more than a piece of it is held. Hidden ones are left out, and
 * links to folders, which may lead round in circles.
 * @param {string} folder
 * @param {string} [except] a folder whose files are not meant
 * @returns {AsyncGenerator<FoundFile>}
 */
export async function* walkFiles(folder, except) {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`expected a folder with images, and ${folder} is none`);
  }
  yield* walk(Buffer.from(folder), '', except);
}

async function* walk(folder, below, except) {
  let entries;
  try {
    entries = await opendir(folder, { encoding: 'buffer' });
  } catch (error) {
    if (below === '') throw error;
    yield { path: folder, name: below, error };
    return;
  }
  for await (const entry of entries) {
    if (entry.name[0] === '.'.charCodeAt(0)) continue;
    const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    const name = join(below, inText(entry.name));
    if (entry.isDirectory()) {
      if (path.toString() !== except) yield* walk(path, name, except);
    } else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(path)))) {
      yield { path, name };
    }
  }
}

async function leadsToFile(link) {
  const facts = await stat(link).catch(() => undefined);
  return facts?.isFile() ?? false;
}

function inText(name) {
  const text = name.toString();
  if (Buffer.from(text).equals(name)) return text;
  return name
    .toString('latin1')
    .replace(/[\x80-\xFF]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

export async function countFiles(folder, except) {
  let count = 0;
  for await (const _ of walkFiles(folder, except)) count += 1;
  return count;
}
