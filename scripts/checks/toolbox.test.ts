import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/toolbox.md`, 'utf8');

/** The page's sections, each with the test files that it names at its head. */
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const heading = section.slice(0, section.indexOf('\n'));
    const head = section.slice(0, section.indexOf('\n|'));
    const files = [...head.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, file = '']) => file);
    const rows = section.split('\n').filter((line) => /^\| (?!Python says|\|)/.test(line));
    return { heading, files, rows };
  });

/** Titles of tests, as they stand in the sources. */
const titlesIn = (file: string): string => readFileSync(`${root}${file}`, 'utf8').replaceAll("\\'", "'");

describe.each(sections)('docs/toolbox.md: $heading', ({ files, rows }) => {
  const titles = files.map(titlesIn).join('\n');

  test('has rows, and tests to show for them', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(rows.length).toBeGreaterThan(0);
  });

  test.each(rows)('%s', (row) => {
    const shown = (row.split('|').at(-2) ?? '').trim();
    expect(shown).not.toBe('');
    const named = /^tests?: (.+)$/.exec(shown)?.[1]?.split('; ') ?? [];
    // A title may itself have a semicolon: then the parts stand side by side in one.
    for (const title of named) expect(titles).toContain(title);
  });
});
