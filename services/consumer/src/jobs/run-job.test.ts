import { defineTask, KnownControl, type Task } from '@heddle/client';
import { header } from '@heddle/contracts';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { holdDelivery, received, someJob } from '../../test/held-delivery.ts';
import { recordingWorker } from '../../test/recording-worker.ts';
import { silentMetrics } from '../../test/silent-metrics.ts';
import { eventLoopPool } from '../pools/run-on-event-loop.ts';
import { runJob } from './run-job.ts';
import { RunWatch } from './watch-runs.ts';

const double = defineTask({
  name: 'math.double',
  input: z.object({ n: z.number() }),
  run: ({ input }) => input.n * 2,
});

function serve(task: Task) {
  const worker = recordingWorker();
  const metrics = silentMetrics();
  const runs = new RunWatch(worker);
  const control = new KnownControl();
  const interruptions = { subscribed: () => undefined, explain: vi.fn(() => false) };
  const freeSlot = vi.fn<() => void>();
  const service = {
    task,
    pool: eventLoopPool,
    metrics,
    runs,
    control,
    interruptions,
    worker,
    guards: { afterMs: 60_000, isRunning: () => Promise.resolve(false) },
    isolated: false,
  };
  return { worker, metrics, runs, control, interruptions, freeSlot, service };
}

describe('runJob', () => {
  it('takes a job from its delivery to its result', async () => {
    const { service, worker, metrics, runs, freeSlot } = serve(double);
    const job = someJob({ task: 'math.double', input: { n: 21 } });
    const delivery = holdDelivery(received(job));
    await runJob(service, delivery, freeSlot);
    expect(worker.eventsSent()).toMatchObject([
      { type: 'succeeded', job: job.id, result: 42, seq: 1, worker: 'worker-1' },
    ]);
    expect(delivery.settled).toBe('acked');
    expect(metrics.ended).toEqual(['succeeded']);
    expect(runs.running).toBe(0);
    expect(freeSlot).toHaveBeenCalledOnce();
    runs.close();
  });

  it('frees the slot when the handler is done, not when the broker has confirmed', async () => {
    const { service, worker, freeSlot } = serve(double);
    let confirm: () => void = () => undefined;
    worker.beforeConfirm = () => new Promise((resolve) => (confirm = resolve));
    const delivery = holdDelivery(received(someJob({ task: 'math.double', input: { n: 1 } })));
    const done = runJob(service, delivery, freeSlot);
    await vi.waitFor(() => expect(worker.published).toHaveLength(1), { timeout: 30_000 });
    expect(freeSlot).toHaveBeenCalledOnce();
    expect(delivery.settled).toBeUndefined();
    confirm();
    await done;
    expect(delivery.settled).toBe('acked');
  });

  it('sets a message aside that it cannot read, and acks it', async () => {
    const { service, worker, metrics, freeSlot } = serve(double);
    const delivery = holdDelivery(received(someJob({ task: 'math.double' }), { body: Buffer.from('{') }));
    await runJob(service, delivery, freeSlot);
    expect(worker.published.map((entry) => entry.exchange)).toEqual(['heddle.dead']);
    expect(worker.published[0]?.message.properties.headers?.[header.reason]).toMatch(/^unreadable_message: /);
    expect(delivery.settled).toBe('acked');
    expect(metrics.ended).toEqual([]);
    expect(freeSlot).toHaveBeenCalledOnce();
  });

  it('adopts a message without an id, and acks it', async () => {
    const { service, worker, freeSlot } = serve(double);
    const message = received(someJob({ task: 'math.double' }));
    const properties = { ...message.properties, messageId: undefined };
    const delivery = holdDelivery({ ...message, properties });
    await runJob(service, delivery, freeSlot);
    expect(worker.published.map((entry) => entry.exchange)).toEqual(['heddle.submit']);
    expect(delivery.settled).toBe('acked');
    expect(freeSlot).toHaveBeenCalledOnce();
  });

  it('ends a job with bad input as failed, keeps its message, and tells a foreign client that it was accepted', async () => {
    const { service, worker, metrics, freeSlot } = serve(double);
    const job = someJob({ task: 'math.double', input: { n: 'one' }, accepted: false });
    const delivery = holdDelivery(received(job));
    await runJob(service, delivery, freeSlot);
    expect(worker.published.map((entry) => entry.exchange)).toEqual(['heddle.dead', 'heddle.events']);
    expect(worker.eventsSent()).toMatchObject([
      { type: 'accepted', job: job.id },
      { type: 'failed', job: job.id, error: { code: 'invalid_input', issues: [{ path: 'input.n' }] } },
    ]);
    expect(delivery.settled).toBe('acked');
    expect(metrics.ended).toEqual(['failed']);
    expect(freeSlot).toHaveBeenCalledOnce();
  });

  it.each([
    ['cancelled', { id: 'cancelled-1' }],
    ['expired', { deadline: 1 }],
  ])('ends a job that is %s, unrun', async (state, special) => {
    const { service, worker, metrics, control, freeSlot } = serve(double);
    control.hear({ type: 'cancel', job: 'cancelled-1' });
    const webhook = { url: 'https://example.com/' };
    const job = someJob({ task: 'math.double', input: { n: 1 }, webhook, ...special });
    const delivery = holdDelivery(received(job));
    await runJob(service, delivery, freeSlot);
    const [event] = worker.eventsSent();
    expect(event).toMatchObject({ type: state, job: job.id, error: { code: state }, webhook });
    expect(event).not.toHaveProperty('startedAt');
    expect(delivery.settled).toBe('acked');
    expect(metrics.ended).toEqual([state]);
    expect(freeSlot).toHaveBeenCalledOnce();
    expect(control.cancels).toBe(state === 'expired' ? 1 : 0);
  });

  it('moves what somebody held before to the suspects, with its attempt as it was', async () => {
    const { service, worker, freeSlot } = serve(double);
    const job = someJob({ task: 'math.double', input: { n: 1 }, attempt: 2 });
    const delivery = holdDelivery(received(job, { redelivered: true }));
    await runJob(service, delivery, freeSlot);
    expect(worker.published).toMatchObject([
      {
        exchange: 'heddle.submit',
        routingKey: 'math.double.suspect',
        message: { body: delivery.message.body },
      },
    ]);
    expect(worker.published[0]?.message.properties.headers?.[header.attempt]).toBe(2);
    expect(delivery.settled).toBe('acked');
    expect(freeSlot).toHaveBeenCalledOnce();
  });

  it('runs what comes again because the broker was away', async () => {
    const { service, worker, interruptions, freeSlot, runs } = serve(double);
    interruptions.explain.mockReturnValue(true);
    const job = someJob({ task: 'math.double', input: { n: 1 } });
    await runJob(service, holdDelivery(received(job, { redelivered: true })), freeSlot);
    expect(worker.eventsSent()).toMatchObject([{ type: 'succeeded', result: 2 }]);
    runs.close();
  });

  it('runs a suspect', async () => {
    const { service, worker, freeSlot, runs } = serve(double);
    const job = someJob({ task: 'math.double', input: { n: 1 } });
    const message = received(job, { redelivered: true, routingKey: 'math.double.suspect' });
    await runJob({ ...service, isolated: true }, holdDelivery(message), freeSlot);
    expect(worker.eventsSent()).toMatchObject([{ type: 'succeeded', result: 2 }]);
    runs.close();
  });

  it('leaves the delivery unsettled when the broker does not confirm', async () => {
    const { service, worker, runs, freeSlot } = serve(double);
    worker.beforeConfirm = () => Promise.reject(new Error('no broker'));
    const delivery = holdDelivery(received(someJob({ task: 'math.double', input: { n: 1 } })));
    await expect(runJob(service, delivery, freeSlot)).rejects.toThrow('no broker');
    expect(delivery.settled).toBeUndefined();
    expect(freeSlot).toHaveBeenCalledOnce();
    expect(runs.running).toBe(0);
    runs.close();
  });
});
