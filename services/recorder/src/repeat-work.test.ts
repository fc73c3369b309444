import { expect, it } from 'vitest';
import { repeatWork } from './repeat-work.ts';

it('goes on after a round that failed, at once where there is more to do, and not after it was stopped', async () => {
  const rounds: number[] = [];
  const errors: unknown[] = [];
  const repetition = repeatWork({
    everyMs: 1,
    round: async (count) => {
      rounds.push(count);
      if (count === 0) throw new Error('once');
      return count === 1 ? 'more' : undefined;
    },
    onError: (error) => errors.push(error),
  });
  await expect.poll(() => rounds.length, { interval: 1 }).toBeGreaterThan(3);
  await repetition.stop();
  const last = rounds.length;
  expect(rounds).toEqual(Array.from({ length: last }, (_, count) => count));
  expect(errors).toEqual([new Error('once')]);
});

it('does not wait for the end of its pause when it is stopped, but for that of its round', async () => {
  const seen: string[] = [];
  let begun = false;
  const repetition = repeatWork({
    everyMs: 2_000_000_000,
    round: async () => {
      begun = true;
      await new Promise((resolve) => setImmediate(resolve));
      seen.push('round over');
      return undefined;
    },
    onError: () => undefined,
  });
  expect(begun).toBe(true);
  await repetition.stop();
  seen.push('stopped');
  expect(seen).toEqual(['round over', 'stopped']);
});
