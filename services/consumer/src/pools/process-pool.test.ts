import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestPool, type TestPool, until } from '../../test/open-test-pool.ts';

const opened: TestPool[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ pool }) => pool.close()));
});

const open = async (name: string, options: Parameters<typeof openTestPool>[2] = {}) => {
  const pool = await openTestPool('process', name, options);
  opened.push(pool);
  return pool;
};

/** The process that ran a job. */
async function pidOf(pool: TestPool): Promise<number> {
  const outcome = await pool.run();
  if (outcome.state !== 'succeeded') throw new Error(`expected a pid, got ${JSON.stringify(outcome)}`);
  return outcome.result as number;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a process pool', () => {
  it('keeps a process for the next job', async () => {
    const pool = await open('pid');
    const pid = await pidOf(pool);
    expect(pid).not.toBe(process.pid);
    expect(await pidOf(pool)).toBe(pid);
  });

  it('runs jobs side by side in processes of their own', async () => {
    const pool = await open('pid', { slots: 2 });
    const [one, other] = await Promise.all([pidOf(pool), pidOf(pool)]);
    expect(one).not.toBe(other);
  });

  it('replaces a process after so many jobs', async () => {
    const pool = await open('pid', { jobsPerProcess: 2 });
    const first = await pidOf(pool);
    expect(await pidOf(pool)).toBe(first);
    expect(await pidOf(pool)).not.toBe(first);
    await until(() => !isAlive(first));
  });

  it('ends a process that takes more memory than it may, outside the JavaScript heap too', async () => {
    const pool = await open('fill-buffers', { memoryMb: 200 });
    expect(await pool.run()).toMatchObject({
      state: 'dead',
      error: {
        code: 'out_of_memory',
        message: expect.stringMatching(/\d+ bytes, allowed are 209715200/) as string,
      },
    });
  });

  it('writes what a handler prints to the log', async () => {
    const pool = await open('print');
    await pool.run();
    await until(() => pool.worker.logged.length > 0);
    expect(pool.worker.logged).toEqual([{ level: 'info', message: 'a pool process printed' }]);
  });

  it('does not take what a handler says after its end for the word of the next job', async () => {
    const pool = await open('speak-late');
    await pool.run();
    const next = pool.begin();
    await next.ended;
    await sleep(50);
    const third = pool.begin();
    await third.ended;
    expect([next.run.outputs, third.run.outputs]).toEqual([undefined, undefined]);
    expect(third.run.takeProgress(Date.now(), 0)).toBeUndefined();
    expect(pool.worker.logged).toEqual([]);
  });

  it('leaves no process behind when it is closed', async () => {
    const pool = await open('pid', { slots: 2 });
    const pids = await Promise.all([pidOf(pool), pidOf(pool)]);
    await pool.pool.close();
    await until(() => !pids.some(isAlive));
  });

  it('ends the job that runs when it is closed', async () => {
    const pool = await open('wait');
    const { ended } = pool.begin();
    await until(() => pool.worker.logged.length > 0);
    await pool.pool.close();
    expect(await ended).toMatchObject({ state: 'dead', error: { code: 'crashed' } });
  });
});
