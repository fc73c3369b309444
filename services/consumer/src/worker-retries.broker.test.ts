import { afterEach, describe, expect, it } from 'vitest';
import { builtFile } from '../../../test/support/built-file.ts';
import { until } from '../test/open-test-pool.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';

const TASKS = builtFile(new URL('../test/tasks/retrying-tasks.ts', import.meta.url));

let worker: RunningWorker;
afterEach(() => worker.close());

const types = (id: string) => worker.eventsOf(id).map(({ type }) => type);

describe('a job that fails', () => {
  it.each(['event-loop', 'thread', 'process'])(
    'rests and runs again until it succeeds, its attempts numbered (%s)',
    async (pool) => {
      worker = await runWorker({ HEDDLE_TASKS: TASKS });
      const { id } = await worker.submitter.submit({ task: `retrying.${pool}`, input: { failures: 2 } });
      expect(await worker.ended(id)).toMatchObject({ type: 'succeeded', attempt: 3, result: { attempt: 3 } });
      const retrying = worker.eventsOf(id).filter((event) => event.type === 'retrying');
      expect(retrying).toMatchObject([
        { attempt: 1, error: { code: 'not_yet' } },
        { attempt: 2, error: { code: 'not_yet' } },
      ]);
      for (const event of retrying) {
        if (event.type !== 'retrying') continue;
        expect(event.until - event.at).toBe(120);
      }
      expect(new Set(worker.eventsOf(id).map(({ run }) => run)).size).toBe(4); // 3 and that of `accepted`.
    },
  );

  it('is dead when its attempts are used up', async () => {
    worker = await runWorker();
    const { id } = await worker.submitter.submit({
      task: 'debug.fail',
      input: { message: 'no', code: 'never' },
      retry: { attempts: 3, delay: 60, jitter: 0, backoff: 'fixed' },
    });
    expect(await worker.ended(id)).toMatchObject({ type: 'dead', attempt: 3, error: { code: 'never' } });
    expect(types(id)).toEqual(['accepted', 'retrying', 'retrying', 'dead']);
  });

  it('fails at once when its error says that nothing will help', async () => {
    worker = await runWorker();
    const { id } = await worker.submitter.submit({
      task: 'debug.fail',
      input: { message: 'no', retryable: false },
      retry: { attempts: 3, delay: 60 },
    });
    expect(await worker.ended(id)).toMatchObject({ type: 'failed', attempt: 1 });
  });

  it('is tried again when it ran too long or took its process down', async () => {
    worker = await runWorker();
    const retry = { attempts: 2, delay: 60, jitter: 0 };
    const late = await worker.submitter.submit({
      task: 'debug.sleep',
      input: { ms: 60_000 },
      timeoutMs: 50,
      retry,
    });
    const crash = await worker.submitter.submit({ task: 'debug.crash', input: { how: 'exit' }, retry });
    expect(await worker.ended(late.id)).toMatchObject({ type: 'dead', error: { code: 'timed_out' } });
    expect(await worker.ended(crash.id)).toMatchObject({ type: 'dead', error: { code: 'crashed' } });
    for (const { id } of [late, crash]) {
      expect(worker.eventsOf(id).filter(({ type }) => type === 'retrying')).toHaveLength(1);
    }
  });

  it('leaves its bytes with the recorder, so that it can be sent again', async () => {
    worker = await runWorker();
    const body = Buffer.from('no picture');
    const { id } = await worker.submitter.submit({
      task: 'image.thumbnail',
      input: { sizes: [64] },
      bytes: { body, type: 'image/jpeg' },
    });
    expect(await worker.ended(id)).toMatchObject({ type: 'failed' });
    await until(() => worker.recorded.some((entry) => 'sha256' in entry));
    expect(worker.recorded.find((entry) => 'sha256' in entry)).toMatchObject({
      job: id,
      name: '$input',
      type: 'image/jpeg',
      body,
    });
  });
});
