import { TimeoutError } from '@heddle/contracts';
import { expect, test } from 'vitest';
import type { Future } from './future.ts';
import { MappedInputs } from './map-inputs.ts';

/** A source that gives one number each time it is told to. */
function slowSource() {
  const waiting: ((n: number) => void)[] = [];
  let ended = false;
  async function* numbers() {
    try {
      for (;;) yield await new Promise<number>((resolve) => waiting.push(resolve));
    } finally {
      ended = true;
    }
  }
  return { numbers: numbers(), give: (n: number) => waiting.shift()?.(n), ended: () => ended };
}

function mapOf(inputs: AsyncIterable<number>, timeout?: number) {
  const submitted: number[] = [];
  const submit = ([n = 0]: readonly number[]) => {
    submitted.push(n);
    return { result: () => Promise.resolve([n]), cancel: () => Promise.resolve(true) };
  };
  const mapped = new MappedInputs<number, number>({
    inputs,
    options: { timeout },
    submit: submit as unknown as (chunk: readonly number[]) => Future<readonly number[]>,
  });
  return { mapped, submitted };
}

test('a slow source keeps no result back; what it gives after the reader has left is not submitted', async () => {
  const source = slowSource();
  const { mapped, submitted } = mapOf(source.numbers);
  source.give(1);
  expect(await mapped.next()).toEqual({ done: false, value: 1 });
  const left = mapped.return();
  source.give(2);
  await left;
  expect([submitted, source.ended()]).toEqual([[1], true]);
});

test('a source that is stuck does not keep the time from being up', async () => {
  const { mapped } = mapOf(slowSource().numbers, 20);
  await expect(mapped.next()).rejects.toThrow(TimeoutError);
});
