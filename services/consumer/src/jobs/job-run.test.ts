import { createHash } from 'node:crypto';
import { defineTask } from '@heddle/client';
import { header } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { recordingWorker } from '../../test/recording-worker.ts';
import { someRun } from '../../test/some-run.ts';

const task = defineTask({ name: 'math.double', input: z.unknown(), timeout: '5s', run: () => 1 });

describe('a run', () => {
  it("has the job's own timeout, or the task's", () => {
    const asked = someRun(task, { job: { timeoutMs: 100 } }).run;
    expect(asked.deadline - asked.startedAt).toBe(100);
    const plain = someRun(task).run;
    expect(plain.deadline - plain.startedAt).toBe(5_000);
  });

  it('numbers its events from 1 and names job, run and worker in each', () => {
    const { run, job } = someRun(task);
    expect(run.eventBase(7)).toEqual({
      job: job.id,
      task: 'math.double',
      generation: 0,
      attempt: 1,
      run: run.id,
      seq: 1,
      at: 7,
      worker: 'worker-1',
    });
    expect(run.eventBase(8).seq).toBe(2);
  });

  it("owes the `accepted` event of a foreign client's job, once", () => {
    const foreign = someRun(task, { job: { accepted: false } }).run;
    expect([foreign.takeUnaccepted(), foreign.takeUnaccepted()]).toEqual([true, false]);
    expect(someRun(task).run.takeUnaccepted()).toBe(false);
  });
});

describe('the progress of a run', () => {
  it('is the newest, within bounds, and sent only if it is news', () => {
    const { run } = someRun(task);
    run.progress(0.1, 'begun');
    run.progress(7, 'x'.repeat(600));
    expect(run.takeProgress(run.startedAt + 1_000, 250)).toMatchObject({
      type: 'progress',
      fraction: 1,
      note: 'x'.repeat(500),
    });
    expect(run.takeProgress(run.startedAt + 2_000, 250)).toBeUndefined();
  });

  it('waits until the last one is long enough ago', () => {
    const { run } = someRun(task);
    run.progress(0.1);
    run.takeProgress(run.startedAt + 1_000, 250);
    run.progress(Number.NaN);
    expect(run.takeProgress(run.startedAt + 1_200, 250)).toBeUndefined();
    expect(run.takeProgress(run.startedAt + 1_250, 250)).toMatchObject({ fraction: 0 });
  });
});

describe('stopping a run', () => {
  it('aborts its signal with the reason and tells its pool, once', () => {
    const { run } = someRun(task);
    const told: string[] = [];
    run.onStop = (reason) => told.push(reason);
    const { signal } = run;
    run.stop('timed_out');
    run.stop('shutting_down');
    expect(told).toEqual(['timed_out']);
    expect(signal.reason).toMatchObject({ code: 'timed_out', message: 'ran longer than its 5000 ms' });
  });

  it('need not wait any longer when time runs out after a cancel', () => {
    const { run } = someRun(task);
    const told: string[] = [];
    run.onStop = (reason) => told.push(reason);
    run.stop('cancelled');
    run.stop('shutting_down');
    run.stop('timed_out');
    expect(told).toEqual(['cancelled', 'timed_out']);
    expect(run.stopReason).toBe('cancelled');
  });

  it('is seen by a handler that asks for its signal only then', () => {
    const { run } = someRun(task);
    run.stop('shutting_down');
    expect(run.signal.aborted).toBe(true);
    expect(run.signal.reason).toMatchObject({ code: 'shutting_down' });
  });
});

describe('an output of a run', () => {
  it('is published with its checksum when the run has ended', async () => {
    const { run, worker, job } = someRun(task);
    await run.output('a.txt', 'text/plain', Buffer.from('abc'), { lines: 1 });
    expect(worker.published).toEqual([]);
    await run.outputs?.confirm();
    const sha256 = createHash('sha256').update('abc').digest('hex');
    const described = { name: 'a.txt', type: 'text/plain', bytes: 3, sha256 };
    expect(run.outputs?.descriptions).toEqual([{ ...described, meta: { lines: 1 } }]);
    const headers = {
      [header.job]: job.id,
      [header.run]: run.id,
      [header.outputs]: JSON.stringify([described]),
    };
    expect(worker.published).toMatchObject([
      {
        exchange: 'heddle.events',
        routingKey: 'output',
        message: { body: Buffer.from('abc'), properties: { headers } },
      },
    ]);
  });

  it('travels with the others that fit into a message, and goes ahead when the next does not', async () => {
    const { run, worker } = someRun(task);
    for (const name of ['a', 'b', 'c']) {
      await run.output(name, 'text/plain', Buffer.alloc(100 * 1024, name));
    }
    expect(worker.published.map(({ message }) => message.body.length)).toEqual([200 * 1024]);
    await run.outputs?.confirm();
    expect(worker.published.map(({ message }) => message.body.length)).toEqual([200 * 1024, 100 * 1024]);
  });

  it('sends exactly the part of a buffer that it was given', async () => {
    const { run, worker } = someRun(task);
    await run.output('part', 'text/plain', new Uint8Array(Buffer.from('0123456789')).subarray(2, 5));
    await run.outputs?.confirm();
    expect(worker.published[0]?.message.body.toString()).toBe('234');
  });

  it('is refused once the handler is done', async () => {
    const { run } = someRun(task);
    run.ended = true;
    await expect(run.output('late', 'text/plain', Buffer.from('abc'))).rejects.toMatchObject({
      code: 'invalid_output',
    });
  });

  it('is refused when it is too large or its name is taken', async () => {
    const { run } = someRun(task, { worker: recordingWorker({ maxMessageBytes: 4 }) });
    await run.output('a', 'text/plain', Buffer.from('abc'));
    await expect(run.output('a', 'text/plain', Buffer.from('abc'))).rejects.toMatchObject({
      code: 'invalid_output',
    });
    await expect(run.output('b', 'text/plain', Buffer.from('abcde'))).rejects.toMatchObject({
      code: 'output_too_large',
    });
    expect(run.outputs?.descriptions).toHaveLength(1);
  });
});
