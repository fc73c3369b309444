import type { Broker, Consumer, Delivery } from '@heddle/broker';
import { defineTask, KnownControl } from '@heddle/client';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type HeldDelivery, holdDelivery, received, someJob } from '../../test/held-delivery.ts';
import { type RecordingWorker, recordingWorker } from '../../test/recording-worker.ts';
import { silentMetrics } from '../../test/silent-metrics.ts';
import { eventLoopPool } from '../pools/run-on-event-loop.ts';
import { TaskServer } from './serve-task.ts';
import { RunWatch } from './watch-runs.ts';

/** A task whose jobs end when the test says so, a broker that delivers what the test says, and the server between them. */
async function serve(slots: number, whileSubscribing?: (server: TaskServer) => void) {
  const running = new Map<string, () => void>();
  const begun: string[] = [];
  const task = defineTask({
    name: 'debug.wait',
    input: z.string(),
    run: ({ input }) => {
      begun.push(input);
      return new Promise<void>((resolve) => running.set(input, resolve));
    },
  });
  let deliver: (delivery: Delivery) => void = () => undefined;
  const consumers: ('consuming' | 'stopped' | 'closed')[] = [];
  const consume = (): Consumer => {
    const at = consumers.push('consuming') - 1;
    const become = (state: 'stopped' | 'closed') => (): Promise<void> => {
      consumers[at] = state;
      return Promise.resolve();
    };
    return {
      queue: 'heddle.jobs.debug.wait',
      stop: become('stopped'),
      close: become('closed'),
      setPrefetch: () => Promise.resolve(),
    };
  };
  const broker = {
    declareJobQueue: () => Promise.resolve(),
    consume: (_queue: string, _options: object, onDelivery: (delivery: Delivery) => void) => {
      deliver = onDelivery;
      whileSubscribing?.(server);
      return Promise.resolve(consume());
    },
  } as unknown as Broker;
  const worker = recordingWorker();
  const runs = new RunWatch(worker);
  const control = new KnownControl();
  const service = {
    task,
    pool: eventLoopPool,
    metrics: silentMetrics(),
    runs,
    control,
    interruptions: { subscribed: () => undefined, explain: () => false },
    worker,
    guards: { afterMs: 60_000, isRunning: () => Promise.resolve(false) },
    isolated: false,
  };
  const server = new TaskServer(service, slots);
  await server.start(broker);
  return {
    server,
    worker,
    begun,
    consumers,
    send: (input: string, priority = 4): HeldDelivery => {
      const delivery = holdDelivery(received(someJob({ task: 'debug.wait', input, priority })));
      deliver(delivery);
      return delivery;
    },
    end: (input: string) => running.get(input)?.(),
  };
}

/** Inputs of the jobs whose copies went back, in order: not one was returned as a suspect. */
function handedBack(worker: RecordingWorker): unknown[] {
  return worker.publishedTo('heddle.submit').map(({ body }) => JSON.parse(String(body)) as unknown);
}

describe('TaskServer', () => {
  it('runs as many jobs at once as it has slots', async () => {
    const { send, begun, end } = await serve(2);
    for (const input of ['a', 'b', 'c']) send(input);
    expect(begun).toEqual(['a', 'b']);
    end('a');
    await vi.waitFor(() => expect(begun).toEqual(['a', 'b', 'c']), { timeout: 30_000 });
  });

  it('takes the waiting job of the highest priority next', async () => {
    const { send, begun, end } = await serve(1);
    send('first');
    send('low', 1);
    send('high', 9);
    end('first');
    await vi.waitFor(() => expect(begun).toEqual(['first', 'high']), { timeout: 30_000 });
    end('high');
    await vi.waitFor(() => expect(begun).toEqual(['first', 'high', 'low']), { timeout: 30_000 });
  });

  it('passes over what the broker has taken back meanwhile', async () => {
    const { send, begun, end } = await serve(1);
    send('first');
    const lost = send('lost');
    lost.lost = true;
    send('next');
    end('first');
    await vi.waitFor(() => expect(begun).toEqual(['first', 'next']), { timeout: 30_000 });
    expect(lost.settled).toBeUndefined();
  });

  it('when paused, hands back what waits, finishes what runs, and takes nothing until it is resumed', async () => {
    const { server, worker, send, begun, end, consumers } = await serve(1);
    const running = send('running');
    const waiting = send('waiting');
    await server.setPaused(true);
    const late = send('late');
    await vi.waitFor(() => expect([waiting.settled, late.settled]).toEqual(['acked', 'acked']), {
      timeout: 30_000,
    });
    expect(handedBack(worker)).toEqual(['waiting', 'late']);
    expect(consumers).toEqual(['stopped']);
    end('running');
    await vi.waitFor(() => expect(running.settled).toBe('acked'), { timeout: 30_000 });
    await vi.waitFor(() => expect(consumers).toEqual(['closed']), { timeout: 30_000 });
    await server.setPaused(false);
    expect(consumers).toEqual(['closed', 'consuming']);
    send('next');
    expect(begun).toEqual(['running', 'next']);
  });

  it('takes nothing when it was paused while it started', async () => {
    const { server, worker, send, begun, consumers } = await serve(
      1,
      (starting) => void starting.setPaused(true),
    );
    await server.setPaused(true);
    await vi.waitFor(() => expect(consumers).toEqual(['closed']), { timeout: 30_000 });
    const late = send('late');
    await vi.waitFor(() => expect(late.settled).toBe('acked'), { timeout: 30_000 });
    expect(handedBack(worker)).toEqual(['late']);
    await server.setPaused(false);
    send('next');
    expect(begun).toEqual(['next']);
  });

  it('when stopped, hands back what waits and finishes what runs', async () => {
    const { server, worker, send, begun, end } = await serve(1);
    const running = send('running');
    const waiting = send('waiting');
    await server.stop();
    const late = send('late');
    await vi.waitFor(() => expect([waiting.settled, late.settled]).toEqual(['acked', 'acked']), {
      timeout: 30_000,
    });
    expect(handedBack(worker)).toEqual(['waiting', 'late']);
    end('running');
    await server.idle();
    expect(running.settled).toBe('acked');
    expect(begun).toEqual(['running']);
  });

  it('gives a job back whose end the broker has not confirmed', async () => {
    const { server, worker, send, end } = await serve(1);
    worker.beforeConfirm = () => Promise.reject(new Error('no broker'));
    const unconfirmed = send('unconfirmed');
    await server.stop();
    end('unconfirmed');
    await vi.waitFor(() => expect(unconfirmed.settled).toBe('requeued'), { timeout: 30_000 });
    expect(worker.logged).toContainEqual({
      level: 'error',
      message: 'a delivery could not be settled and goes back',
    });
  });
});
