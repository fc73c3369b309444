import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorTable } from '@heddle/contracts';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['libs', 'services']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
      join(root, folder, path),
    ),
  )
  .filter(
    (path) =>
      /\/src\/.*[.]ts$/.test(path) &&
      !/[.]test[.]ts$|\/node_modules\/|contracts\/src\/error[.]ts$/.test(path),
  )
  .map((path) => readFileSync(path, 'utf8'));

test('every error of the table is given somewhere', () => {
  const unused = Object.keys(errorTable).filter(
    (code) => !sources.some((text) => text.includes(`'${code}'`)),
  );
  expect(unused).toEqual([]);
});
