import { expect, test } from 'vitest';
import { ByteBudget } from './byte-budget.ts';

const never = new AbortController().signal;

test('what all want together beyond the total is had one after the other, and all get it', async () => {
  const budget = new ByteBudget(100);
  let most = 0;
  const download = async () => {
    const share = budget.open();
    for (let chunk = 0; chunk < 6; chunk += 1) {
      await share.grow(10, new AbortController().signal);
      most = Math.max(most, budget.used);
      await new Promise((resolve) => setImmediate(resolve));
    }
    share.close();
  };
  await Promise.all(Array.from({ length: 20 }, download));
  expect(budget.used).toBe(0);
  expect(most).toBeLessThanOrEqual(160);
});

test('who is told to stop waits no longer', async () => {
  const budget = new ByteBudget(10);
  const [first, second] = [budget.open(), budget.open()];
  await first.grow(20, never);
  const stopping = new AbortController();
  const waiting = second.grow(1, stopping.signal);
  stopping.abort(new Error('stop'));
  await expect(waiting).rejects.toThrow('stop');
});
