import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { documents } from './documents.ts';

const check = process.argv.includes('--check');
const stale = documents().filter(({ path, content }) => !read(path)?.equals(Buffer.from(content)));

for (const { path, content } of stale) {
  if (check) {
    console.error(`stale: ${path}`);
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  console.log(`written: ${path}`);
}
if (stale.length === 0) console.log(`${documents().length} generated documents are current`);
if (check && stale.length > 0) {
  console.error('Write them again with `node scripts/generate.mjs` and commit the result.');
  process.exit(1);
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
