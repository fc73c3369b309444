import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutList } from './cut-list.ts';

const cut = (text: string) => cutList(Buffer.from(text), 'inputs');
const long = (value: unknown) => Array.from({ length: 3_000 }, () => value);

describe('a long list in JSON', () => {
  it('is cut into slices that together are it, with the rest of the body around it', async () => {
    const json = fc.json({ maxDepth: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(json, { minLength: 1 }),
        json,
        fc.constantFrom('', ' ', '\n\t'),
        async (items, other, space) => {
          const list = items.flatMap((item) => Array.from({ length: 400 }, () => item));
          const body = `{${space}"a":${other}${space},"inputs"${space}:${space}[${list.join(`${space},`)}]${space},"b": ${other}}`;
          const { before, after, slices } = (await cut(body)) ?? { before: '', after: '', slices: [] };
          expect(slices.flatMap((slice) => JSON.parse(`[${slice.toString()}]`) as unknown[])).toEqual(
            (JSON.parse(body) as { inputs: unknown }).inputs,
          );
          expect(JSON.parse(`${before.toString()}[]${after.toString()}`)).toEqual({
            ...(JSON.parse(body) as object),
            inputs: [],
          });
          expect(Math.max(...slices.map(({ length }) => length))).toBeLessThan(
            66_000 + Math.max(...items.map((item) => Buffer.byteLength(item))),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is found by its key at the root alone', async () => {
    const body = JSON.stringify({
      a: { inputs: [1] },
      'x"inputs': [2],
      b: ['inputs', [3]],
      inputs: [4, [5]],
    });
    expect((await cut(body))?.slices.map(String)).toEqual(['4,[5]']);
  });

  it.each([
    ['no object', '[1]'],
    ['no list', '{"inputs": 5, "a": [1]}'],
    ['another value', '{"inputs": {"a": [1]}}'],
    ['the list twice', '{"inputs": [1], "inputs": [2]}'],
    ['a list and something else of that name', '{"inputs": [1], "inputs": 2}'],
    ['a list that does not end', '{"inputs": [1, 2'],
    ['a text that does not end', '{"inputs": ["1, 2]}'],
    ['a list that ends as an object', '{"inputs": [1}, "a": 1}'],
    ['nothing', ''],
  ])('is not found in %s', async (_, body) => {
    expect(await cut(body)).toBeUndefined();
  });

  it('leaves the event loop to others again and again', async () => {
    let turns = 0;
    const cutting = new AbortController();
    const others = (async () => {
      for (; !cutting.signal.aborted; turns++) await turn();
    })();
    await cut(JSON.stringify({ inputs: long('x'.repeat(1_000)) }));
    cutting.abort();
    await others;
    expect(turns).toBeGreaterThan(20);
  });
});
