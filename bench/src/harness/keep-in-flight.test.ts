import { expect, test } from 'vitest';
import { keepInFlight } from './keep-in-flight.ts';

test('never more than the window is unfinished, and everything is done', async () => {
  let unfinished = 0;
  let most = 0;
  const done: number[] = [];
  await keepInFlight(20, 3, async (index) => {
    unfinished += 1;
    most = Math.max(most, unfinished);
    await new Promise((resolve) => setImmediate(resolve));
    unfinished -= 1;
    done.push(index);
  });
  expect(most).toBe(3);
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
});

test('the first error is the answer', async () => {
  const failing = keepInFlight(5, 2, (index) =>
    index === 3 ? Promise.reject(new Error('the fourth')) : Promise.resolve(),
  );
  await expect(failing).rejects.toThrow('the fourth');
});

test('nothing to do is done at once', async () => {
  await keepInFlight(0, 10, () => Promise.reject(new Error('never started')));
});
