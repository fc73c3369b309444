import { TimeoutError } from '@heddle/contracts';
import { expect, onTestFinished, test, vi } from 'vitest';
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

/** An input whose job does not end. */
const NEVER = -1;

function mapOf(inputs: AsyncIterable<number>, timeout?: number) {
  const submitted: number[] = [];
  const submit = ([n = 0]: readonly number[]) => {
    submitted.push(n);
    const result = () => (n === NEVER ? new Promise(() => undefined) : Promise.resolve([n]));
    return { result, cancel: () => Promise.resolve(true) };
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

test('the time begins with the call, and a result that is not there when it is up throws', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  async function* inputs() {
    yield await Promise.resolve(1);
    yield NEVER;
  }
  const { mapped } = mapOf(inputs(), 2_500);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await mapped.next()).toEqual({ done: false, value: 1 });
  let late: unknown;
  mapped.next().catch((error: unknown) => (late = error));
  await vi.advanceTimersByTimeAsync(1_499);
  expect(late).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(late).toBeInstanceOf(TimeoutError);
});
