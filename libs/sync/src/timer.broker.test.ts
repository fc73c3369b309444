import { connectBroker, silentLog } from '@heddle/broker';
import { Executor } from '@heddle/client';
import { CancelledError, RuntimeError, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { echo, type FuturesStack, startFutures } from '../../client/test/futures-stack.ts';
import { Timer } from './timer.ts';

let stack: FuturesStack;

beforeAll(async () => {
  stack = await startFutures();
});
afterEach(() => stack.disconnect());
afterAll(() => stack.stop());

describe('a timer', () => {
  it('runs its task after its delay', async () => {
    const timer = new Timer(await stack.connect(), '300ms', echo, 42);
    expect(timer.isAlive()).toBe(false);
    const began = Date.now();
    expect(await timer.start()).toBe(timer.future.id);
    expect(timer.isAlive()).toBe(true);
    expect(await timer.future.result()).toBe(42);
    expect(Date.now() - began).toBeGreaterThanOrEqual(280);
    expect(timer.isAlive()).toBe(false);
  });

  it('is stopped by cancel while it waits, and by nobody later', async () => {
    const executor = await stack.connect();
    const timer = new Timer(executor, '1h', echo, 1);
    await timer.start();
    await timer.cancel();
    await expect(timer.future.result()).rejects.toThrow(CancelledError);
    expect(timer.isAlive()).toBe(false);
    const gone = new Timer(executor, 0, echo, 2);
    await gone.start();
    expect(await gone.future.result()).toBe(2);
    await gone.cancel();
    expect(await gone.future.result()).toBe(2);
  });

  it('goes on when the process that started it is gone, and can be cancelled by another', async () => {
    const options = { url: stack.vhost.url, service: 'client', instance: 'gone', log: silentLog } as const;
    const broker = await connectBroker(options);
    const first = new Executor(broker);
    const due = await new Timer(first, 400, echo, 7).start();
    const late = await new Timer(first, '1h', echo, 0).start();
    await broker.close();
    const second = await stack.connect();
    expect(await Timer.cancelById(second, late)).toBe(true);
    expect(await second.future(due).result()).toBe(7);
    expect(await Timer.cancelById(second, due)).toBe(false);
  });

  it('is started once, and never when it was cancelled before', async () => {
    const timer = new Timer(await stack.connect(), '1h', echo, 1);
    expect(() => timer.future).toThrow(RuntimeError);
    await timer.start();
    await expect(timer.start()).rejects.toThrow(new RuntimeError('timers can only be started once'));
    await timer.cancel();
    const cancelled = new Timer(await stack.connect(), 0, echo, 1);
    await cancelled.cancel();
    await expect(cancelled.start()).rejects.toThrow(CancelledError);
    expect(cancelled.isAlive()).toBe(false);
  });

  it('has not been started when it could not be submitted', async () => {
    const timer = new Timer(await stack.connect(), 0, 'no.such.task', 1);
    await expect(timer.start()).rejects.toMatchObject({ code: 'unknown_task' });
    expect(timer.isAlive()).toBe(false);
    expect(() => timer.future).toThrow(RuntimeError);
    await expect(timer.start()).rejects.toMatchObject({ code: 'unknown_task' });
  });

  it('runs at once after less than no time', async () => {
    const timer = new Timer(await stack.connect(), -5, echo, 3);
    await timer.start();
    expect(await timer.future.result()).toBe(3);
  });

  it.each([Number.NaN, 'soon', '400d'])('refuses a delay of %j', async (delay) => {
    const executor = await stack.connect();
    expect(() => new Timer(executor, delay, echo, 1)).toThrow(ValueError);
  });
});
