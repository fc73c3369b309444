import { describe, expect, it } from 'vitest';
import { FollowedJob } from './followed-job.ts';
import { Future } from './future.ts';
import { asCompleted, wait } from './wait-futures.ts';

/** Futures that end when they are told to, and know how many listen. */
function openFutures(count: number) {
  let listening = 0;
  const jobs = Array.from({ length: count }, (_, n) => new FollowedJob(`job-${n}`, 'any'));
  const futures = jobs.map((job) => {
    const future = new Future<number>(job, { cancel: () => Promise.resolve(false) }, Promise.resolve());
    const { onceDone } = future;
    future.onceDone = (fn) => {
      const forget = onceDone.call(future, fn);
      listening += 1;
      return () => {
        listening -= 1;
        forget();
      };
    };
    return future;
  });
  return {
    futures,
    end: (n: number) => jobs[n]?.end({ how: 'succeeded', result: n }),
    listening: () => listening,
  };
}

describe('what waits for futures', () => {
  it('listens to none of them when it has ended, however it ended', async () => {
    const { futures, end, listening } = openFutures(3);
    asCompleted(futures);
    expect(listening()).toBe(0);
    end(1);
    for await (const future of asCompleted(futures)) {
      expect(future).toBe(futures[1]);
      expect(listening()).toBe(3);
      break;
    }
    expect(listening()).toBe(0);
    await wait(futures, { returnWhen: 'FIRST_COMPLETED' });
    await wait(futures, { timeout: 1 });
    expect(listening()).toBe(0);
  });

  it('takes those of several executors', async () => {
    const [one, other] = [openFutures(1), openFutures(1)];
    const all = [...one.futures, ...other.futures];
    const order: Future[] = [];
    const gathering = (async () => {
      for await (const future of asCompleted<Future>(all)) order.push(future);
    })();
    other.end(0);
    one.end(0);
    await gathering;
    expect(order).toHaveLength(2);
    expect((await wait(all)).done).toEqual(new Set(all));
  });
});
