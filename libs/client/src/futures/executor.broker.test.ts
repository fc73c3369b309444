import { setTimeout as pause } from 'node:timers/promises';
import { CancelledError, HeddleError, RuntimeError, TimeoutError, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { gated } from '../../../../test/support/tasks/gated-task.ts';
import { openGate } from '../../../../test/support/tasks/gates.ts';
import { echo, type FuturesStack, sleep, startFutures } from '../../test/futures-stack.ts';
import { stepper } from '../../test/tasks/followed-tasks.ts';
import { Executor } from './executor.ts';
import type { Future } from './future.ts';
import { TaskError } from './task-error.ts';

let stack: FuturesStack;
const connect = (name?: string) => stack.connect(name);

beforeAll(async () => {
  stack = await startFutures();
});
afterEach(() => stack.disconnect());
afterAll(() => stack.stop());

describe('a future', () => {
  it('gives the result, and is done', async () => {
    const future = (await connect()).submit(echo, 42);
    expect([future.done(), future.running(), future.cancelled()]).toEqual([false, false, false]);
    expect(await future.result()).toBe(42);
    expect([future.done(), future.running(), future.cancelled()]).toEqual([true, false, false]);
    expect(await future.exception()).toBeUndefined();
  });

  it('throws what the handler threw, with its code and where it was thrown', async () => {
    const future = (await connect()).submit('debug.fail', { message: 'no luck', code: 'my_code' });
    const error = (await future.exception()) as TaskError;
    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({ code: 'my_code', message: 'no luck', state: 'failed', job: future.id });
    expect(error.remoteStack).toMatch(/debug-fail/);
    await expect(future.result()).rejects.toBe(error);
  });

  it('says what is wrong with an input', async () => {
    const future = (await connect()).submit('debug.sleep', { ms: 'long' });
    expect(await future.exception()).toMatchObject({ code: 'invalid_input', issues: [{ path: 'input.ms' }] });
  });

  it('rejects with a TimeoutError while the job goes on', async () => {
    const future = (await connect()).submit(gated, { gate: 'too late' });
    await expect(future.result(10)).rejects.toThrow(TimeoutError);
    await expect(future.exception(0)).rejects.toThrow(TimeoutError);
    await expect(future.result(-1)).rejects.toThrow(TimeoutError);
    openGate('too late');
    expect(await future.result('60s')).toBe('through');
  });

  it('is running while its job runs', async () => {
    const future = (await connect()).submit(gated, { gate: 'seen running' });
    await expect.poll(() => future.running()).toBe(true);
    openGate('seen running');
    await future.result();
    expect(future.running()).toBe(false);
  });

  it('tells of progress', async () => {
    const future = (await connect()).submit(stepper, { ms: 2_000 });
    const heard: number[] = [];
    future.onProgress(({ fraction }) => heard.push(fraction));
    await future.result();
    expect(heard.length).toBeGreaterThan(0);
    expect(future.progress()).toMatchObject({ fraction: heard.at(-1) });
  });

  it('calls back once when done, in the order of adding, and at once if done', async () => {
    const future = (await connect()).submit(echo, 1);
    const calls: string[] = [];
    future.addDoneCallback((given) => calls.push(`first ${given === future}`));
    future.addDoneCallback(() => {
      calls.push('second');
      throw new Error('of the caller');
    });
    future.addDoneCallback(() => calls.push('third'));
    await future.result();
    expect(calls).toEqual(['first true', 'second', 'third']);
    future.addDoneCallback(() => calls.push('late'));
    expect(calls.at(-1)).toBe('late');
  });

  it('has the failed submit as its exception', async () => {
    const future = (await connect()).submit('nobody.serves', {});
    await expect(future.accepted).rejects.toMatchObject({ code: 'unknown_task' });
    expect(await future.exception()).toMatchObject({ code: 'unknown_task' });
  });

  it('has failed for everybody when no message can carry it', async () => {
    const future = (await connect()).submit('debug.echo', 'x'.repeat(17 * 1024 * 1024));
    expect(await future.exception()).toMatchObject({ code: 'message_too_large' });
    const elsewhere = (await connect()).future(future.id);
    expect(await elsewhere.exception('60s')).toMatchObject({ code: 'message_too_large', state: 'failed' });
  });
});

describe('cancel', () => {
  it('ends a job that has not begun', async () => {
    const future = (await connect()).submit(sleep, { ms: 1 }, { delay: '1h' });
    await future.accepted;
    expect(await future.cancel()).toBe(true);
    expect(await future.cancel()).toBe(true);
    expect([future.cancelled(), future.done(), future.running()]).toEqual([true, true, false]);
    await expect(future.result()).rejects.toThrow(CancelledError);
    await expect(future.exception()).rejects.toThrow(CancelledError);
  });

  it('ends a job that is not sent yet, or is on its way', async () => {
    const executor = await connect();
    const unsent = executor.submit(sleep, { ms: 1 });
    expect(await unsent.cancel()).toBe(true);
    await expect(unsent.accepted).rejects.toThrow(CancelledError);
    await executor.submit(echo, 1).accepted;
    const onItsWay = executor.submit(sleep, { ms: 1 }, { delay: '1h' });
    await pause(0);
    expect(await onItsWay.cancel()).toBe(true);
    await expect(onItsWay.result()).rejects.toThrow(CancelledError);
  });

  it('leaves alone a job that runs or has ended', async () => {
    const future = (await connect()).submit(gated, { gate: 'left alone' });
    await expect.poll(() => future.running()).toBe(true);
    expect(await future.cancel()).toBe(false);
    openGate('left alone');
    expect(await future.result()).toBe('through');
    expect(await future.cancel()).toBe(false);
  });

  it('stops a running job if that is asked for', async () => {
    const future = (await connect()).submit(sleep, { ms: 60_000 });
    await expect.poll(() => future.running()).toBe(true);
    expect(await future.cancel({ running: true })).toBe(true);
    expect(future.cancelled()).toBe(true);
  });
});

describe('an executor', () => {
  it('ends by waiting for its futures, and takes no more', async () => {
    const executor = await Executor.connect({ url: stack.vhost.url });
    const future = executor.submit(sleep, { ms: 200 });
    const closed = executor.shutdown();
    expect(() => executor.submit(echo, 1)).toThrow(RuntimeError);
    expect(() => executor.map(echo, [1])).toThrow(RuntimeError);
    await closed;
    expect(future.done()).toBe(true);
  });

  it('cancels what has not begun, if that is asked for', async () => {
    const executor = await Executor.connect({ url: stack.vhost.url });
    const later = executor.submit(sleep, { ms: 1 }, { delay: '1h' });
    const running = executor.submit(gated, { gate: 'shut down' });
    await later.accepted;
    await expect.poll(() => running.running()).toBe(true);
    const closed = executor.shutdown({ cancelFutures: true });
    await expect(later.result()).rejects.toThrow(CancelledError);
    openGate('shut down');
    await closed;
    expect(later.cancelled()).toBe(true);
    expect(await running.result()).toBe('through');
  });

  it('need not be waited for', async () => {
    const executor = await Executor.connect({ url: stack.vhost.url });
    const future = executor.submit(gated, { gate: 'not waited for' });
    await executor.shutdown({ wait: false });
    expect(future.done()).toBe(false);
    openGate('not waited for');
    expect(await future.result()).toBe('through');
    await executor.shutdown();
  });

  it('cancels what has not begun, also when that is asked for later', async () => {
    const executor = await Executor.connect({ url: stack.vhost.url });
    const later = executor.submit(sleep, { ms: 1 }, { delay: '1h' });
    await executor.shutdown({ wait: false });
    await executor.shutdown({ cancelFutures: true });
    expect(later.cancelled()).toBe(true);
  });

  it('is shut down by `await using`', async () => {
    const executor = await Executor.connect({ url: stack.vhost.url });
    const future = executor.submit(sleep, { ms: 100 });
    // What the end of its block calls.
    await executor[Symbol.asyncDispose]();
    expect(future.done()).toBe(true);
  });

  it('refuses bad options and names', async () => {
    const executor = await connect();
    expect(() => executor.submit(echo, 1, { priority: 11 })).toThrow(ValueError);
    await expect(Executor.connect({ url: stack.vhost.url, name: 'a b' })).rejects.toThrow(ValueError);
  });

  it('takes up the future of a job that another process has submitted', async () => {
    const first = await connect();
    const ids = [
      first.submit(echo, 5),
      first.submit(sleep, { ms: 400 }),
      first.submit('debug.fail', { message: 'm' }),
    ];
    await Promise.all(ids.map(({ accepted }) => accepted));
    const second = await connect();
    const [five, slept, failed] = ids.map(({ id }) => second.future(id));
    expect(await five?.result()).toBe(5);
    expect(await slept?.result()).toEqual({ slept: 400 });
    expect(await failed?.exception()).toMatchObject({ message: 'm' });
    const unknown = second.future('0199f0e0-0000-7000-8000-000000000000');
    expect(await unknown.exception('60s')).toBeInstanceOf(HeddleError);
  });

  it('that comes back under its name has the results sent to it', async () => {
    const first = await Executor.connect({ url: stack.vhost.url, name: 'invoices' });
    const { id, accepted } = first.submit(sleep, { ms: 600 });
    await accepted;
    const second = await connect('invoices');
    expect(await second.future(id, sleep).result()).toEqual({ slept: 600 });
    await first.shutdown();
  });

  it('survives its connections, and learns of what ended meanwhile', async () => {
    const executor = await connect();
    const futures = [50, 400, 900].map((ms) => executor.submit(sleep, { ms }));
    await Promise.all(futures.map(({ accepted }) => accepted));
    await stack.vhost.closeConnections();
    const results = await Promise.all(futures.map((future) => future.result('60s')));
    expect(results.map((result) => result.slept)).toEqual([50, 400, 900]);
  });
});

describe('types', () => {
  it('hold from input to result', () => {
    const check = async (executor: Executor) => {
      const future = executor.submit(echo, 1);
      expectTypeOf(future).toEqualTypeOf<Future<number>>();
      expectTypeOf(await future.result()).toEqualTypeOf<number>();
      expectTypeOf(executor.submit(sleep, { ms: 1 })).toEqualTypeOf<Future<{ slept: number }>>();
      expectTypeOf(executor.submit('any.task', { any: 'input' })).toEqualTypeOf<Future>();
      // @ts-expect-error -- the task takes a number
      executor.submit(echo, 'one');
      // @ts-expect-error -- the field is missing
      executor.submit(sleep, {});
      // @ts-expect-error -- the inputs are numbers
      executor.map(echo, ['one']);
      for await (const n of executor.map(echo, [1])) expectTypeOf(n).toEqualTypeOf<number>();
      // @ts-expect-error -- the result is a number
      const text: string = await future.result();
      expectTypeOf(executor.future('id', echo)).toEqualTypeOf<Future<number>>();
      return text;
    };
    expect(check).toBeTypeOf('function');
  });
});
