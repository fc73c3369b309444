import { expect, it } from 'vitest';
import { waitForTasks } from './wait-for-tasks.mjs';

it('waits for tasks no longer than somebody wants to have them', async () => {
  const stop = new AbortController();
  let known: boolean | undefined;
  // Nobody answers there.
  void waitForTasks('http://127.0.0.1:1', ['debug.echo'], stop.signal).then((knows) => (known = knows));
  stop.abort();
  await expect.poll(() => known).toBe(false);
});
