import { poolKinds } from '@heddle/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestPool, type TestPool, until } from '../../test/open-test-pool.ts';

const opened: TestPool[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ pool }) => pool.close()));
});

describe.each(poolKinds)('a handler in the pool "%s"', (kind) => {
  const open = async (name: string) => {
    const pool = await openTestPool(kind, name);
    opened.push(pool);
    return pool;
  };

  it('gets the input, the bytes and the job', async () => {
    const { begin } = await open('echo');
    const { run, ended } = begin({ input: { n: [1, null, 'two'] }, tags: ['a'] });
    expect(await ended).toEqual({
      state: 'succeeded',
      result: {
        input: { n: [1, null, 'two'] },
        text: 'bytes',
        bytesType: 'text/plain',
        job: { id: run.job.id, task: `${kind}.echo`, attempt: 1, tags: ['a'] },
      },
    });
  });

  it('fails its job by throwing, with its own code', async () => {
    const { run } = await open('fail');
    expect(await run({ input: { code: 'no_way' } })).toMatchObject({
      state: 'failed',
      error: { code: 'no_way', message: 'refused', stack: expect.stringContaining('refused') as string },
    });
  });

  it('says by its error whether and when another attempt may help', async () => {
    const { run } = await open('fail');
    const input = { code: 'no_way', retryable: false, retryAfterMs: 7_000 };
    expect(await run({ input })).toMatchObject({ state: 'failed', retryable: false, retryAfterMs: 7_000 });
  });

  it('sends outputs, progress and log lines while it runs', async () => {
    const { begin, worker } = await open('speak');
    const { run, ended } = begin();
    expect(await ended).toEqual({ state: 'succeeded', result: 'spoken' });
    expect(run.outputs?.descriptions).toMatchObject([
      { name: 'a.txt', type: 'text/plain', bytes: 5, meta: { n: 1 } },
      { name: 'b.txt', bytes: 6 },
    ]);
    await run.outputs?.confirm();
    expect(worker.published.map(({ message }) => message.body.toString())).toEqual(['firstsecond']);
    expect(run.takeProgress(Date.now(), 0)).toMatchObject({ fraction: 0.5, note: 'half' });
    expect(worker.logged).toEqual([{ level: 'info', message: 'speaking' }]);
  });

  it('cannot give two outputs one name', async () => {
    const { run } = await open('name-twice');
    expect(await run()).toMatchObject({ state: 'failed', error: { code: 'invalid_output' } });
  });

  it('reads the results of the batch that it reduces, page by page', async () => {
    const { begin, worker } = await open('reduce');
    const pages = [[0, 1], [3], []];
    const asked: unknown[] = [];
    worker.answer = (request) => {
      asked.push(request);
      const results = pages[asked.length - 1]?.map((index) => ({
        index,
        id: `j${index}`,
        result: index * 10,
      }));
      return Promise.resolve({ results });
    };
    const result = [
      [0, 0],
      [1, 10],
      [3, 30],
    ];
    expect(await begin({ batch: { id: 'b1' } }).ended).toEqual({ state: 'succeeded', result });
    expect(asked).toMatchObject([0, 2, 4].map((first) => ({ op: 'batch-results', id: 'b1', first })));
  });

  it('that reduces nothing is told so', async () => {
    const { begin } = await open('reduce');
    const failed = { state: 'failed', retryable: false, error: { code: 'batch_not_found' } };
    expect(await begin({ batch: { id: 'b1', index: 3 } }).ended).toMatchObject(failed);
    expect(await begin().ended).toMatchObject(failed);
  });

  it('learns from its signal that its time is up', async () => {
    const { begin, worker } = await open('wait');
    const { run, ended } = begin();
    await until(() => worker.logged.length > 0);
    run.stop('timed_out');
    expect(await ended).toMatchObject({ state: 'failed' });
  });
});

describe.each(['thread', 'process'] as const)('a handler in the pool "%s"', (kind) => {
  const open = async (name: string, options: Parameters<typeof openTestPool>[2] = {}) => {
    const pool = await openTestPool(kind, name, options);
    opened.push(pool);
    return pool;
  };

  it('that ends its thread or process fails only its own job, and the next one runs', async () => {
    const { run } = await open('exit');
    const crashed = { state: 'dead', error: { code: 'crashed' } };
    expect(await run()).toMatchObject(crashed);
    expect(await run()).toMatchObject(crashed);
  });

  it('that ignores its signal is ended soon after', async () => {
    const { begin } = await open('hang');
    const { run, ended } = begin();
    run.stop('timed_out');
    expect(await ended).toMatchObject({ state: 'dead', error: { code: 'crashed' } });
  });

  it('that fills the JavaScript heap is out of memory', async () => {
    const { run } = await open('fill-heap', { memoryMb: 150 });
    expect(await run()).toMatchObject({ state: 'dead', error: { code: 'out_of_memory' } });
  });

  it('fails its job by giving a result that cannot be sent', async () => {
    const { run } = await open('return-function');
    expect(await run()).toMatchObject({ state: 'failed', error: { code: 'invalid_output' } });
  });

  it('fails its job when its input cannot be sent', async () => {
    const { run } = await open('echo');
    expect(await run({ input: () => 1 })).toMatchObject({ state: 'failed' });
    expect(await run({ input: 'plain' })).toMatchObject({ state: 'succeeded' });
  });
});
