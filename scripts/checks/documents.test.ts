import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['docs', 'examples', 'libs', 'services', 'scripts', 'test', 'bench', 'k8s'];
const files = [
  ...readdirSync(root),
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  ),
].filter((path) => !/(^|\/)(node_modules|dist)\//.test(path));
const documents = files.filter((path) => path.endsWith('.md'));

/** A document without its blocks of code. */
function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8').replaceAll(/```[^]*?```/g, '');
}

test.each(documents)('%s links to files that exist', (path) => {
  const targets = [...textOf(path).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => target);
  expect(targets.filter((target) => !existsSync(join(root, dirname(path), target)))).toEqual([]);
});

/** The anchors of a document's headings, as GitHub and other viewers make them. */
function anchorsOf(path: string): Set<string> {
  const headings = textOf(path).matchAll(/^#+ +(.+)$/gm);
  const anchors = new Set<string>();
  for (const [, heading = ''] of headings) {
    const plain = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    let again = 0;
    let name = anchor;
    while (anchors.has(name)) name = `${anchor}-${++again}`;
    anchors.add(name);
  }
  return anchors;
}

test.each(documents)('%s links to headings that exist', (path) => {
  const links = [...textOf(path).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
  const targets = links.map(([, file = '', anchor = '']) => ({
    file: file === '' ? path : join(dirname(path), file),
    anchor,
  }));
  const isMissing = ({ file, anchor }: (typeof targets)[number]) =>
    file.endsWith('.md') && existsSync(join(root, file)) && !anchorsOf(file).has(anchor);
  expect(targets.filter(isMissing)).toEqual([]);
});

test('every document can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const path of reached)
    for (const [, link = ''] of textOf(path).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      const target = join(dirname(path), link).replace(/\/$/, '');
      for (const page of [target, `${target}/README.md`])
        if (page.endsWith('.md') && documents.includes(page)) reached.add(page);
    }
  expect(documents.filter((path) => !reached.has(path))).toEqual([]);
});

test.each(documents)('%s names source files that exist', (path) => {
  const text = readFileSync(join(root, path), 'utf8');
  const named = [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|mjs|cjs))`/g)].map(([, file = '']) => file);
  const exists = (file: string) => files.some((path) => path === file || path.endsWith(`/${file}`));
  expect(named.filter((file) => !exists(file))).toEqual([]);
});

test('docs/decisions/README.md lists every decision', () => {
  const pages = readdirSync(join(root, 'docs/decisions')).filter((page) => page !== 'README.md');
  const list = readFileSync(join(root, 'docs/decisions/README.md'), 'utf8');
  expect(pages.filter((page) => !list.includes(`](${page})`))).toEqual([]);
});
