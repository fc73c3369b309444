import assert from 'node:assert/strict';
import test from 'node:test';
import { quote } from './my-task.js';

/** A handler is a function of its context: no broker is needed to test it. */
async function run(input) {
  const outputs = new Map();
  const result = await quote.run({
    input: quote.input.parse(input),
    output: async (name, _type, bytes) => void outputs.set(name, bytes.toString()),
  });
  return { result, outputs };
}

test('a basket costs its items and the tax', async () => {
  const { result, outputs } = await run({
    items: [
      { name: 'tea', cents: 350, count: 2 },
      { name: 'cup', cents: 900 },
    ],
  });
  assert.deepEqual(result, { net: 1_600, vat: 400, total: 2_000 });
  assert.equal(outputs.get('bill.txt'), '2 × tea: 700\n1 × cup: 900\nVAT: 400\n');
});

test('an empty basket is none', () => {
  assert.equal(quote.input.safeParse({ items: [] }).success, false);
});
