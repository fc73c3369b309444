import type { Broker, Consumer } from '@heddle/broker';
import { defineTask } from '@heddle/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { TaskLimiter } from './limit-task.ts';

const REST_MS = 500;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A limiter that gets no token, and what it says on `heddle.control`. */
function starve() {
  const said: unknown[] = [];
  const consumer: Consumer = {
    queue: 'heddle.tokens.x',
    stop: () => Promise.resolve(),
    close: () => Promise.resolve(),
    setPrefetch: () => Promise.resolve(),
  };
  const broker = {
    consume: () => Promise.resolve(consumer),
    declareTokens: () => Promise.resolve(),
    publishOnce: () => Promise.resolve(),
    onReconnect: () => () => undefined,
    publisher: {
      publish: async (exchange: string, _key: string, message: { body: Buffer }) => {
        if (exchange === 'heddle.control') said.push(JSON.parse(message.body.toString()));
      },
    },
  } as unknown as Broker;
  const task = defineTask({
    name: 'mail.send',
    input: z.unknown(),
    limit: { rate: { count: 5, per: REST_MS } },
    run: () => undefined,
  });
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  return { limiter: new TaskLimiter({ broker, log, task, slots: 2, renewMs: 60_000 }), said };
}

it('a worker that has a job and gets no token for longer than one rests asks for those that others do not use', async () => {
  const { limiter, said } = starve();
  expect([limiter.take(), limiter.take()]).toEqual([undefined, undefined]);
  await vi.advanceTimersByTimeAsync(REST_MS);
  expect(said).toEqual([]);
  await vi.advanceTimersByTimeAsync(REST_MS);
  expect(said).toEqual([expect.objectContaining({ type: 'recall-tokens' })]);
});
