import { defineTask } from '@heddle/client';
import { decodeResult, HeddleError, header, MAX_RECORDED_INPUT_BYTES } from '@heddle/contracts';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { recordingWorker } from '../../test/recording-worker.ts';
import { someRun } from '../../test/some-run.ts';
import { dead, failed } from './outcome.ts';
import { settleRun } from './settle-run.ts';

const task = defineTask({ name: 'debug.echo', input: z.unknown(), run: () => 1 });
const succeeded = (result: unknown) => ({ state: 'succeeded', result }) as const;

/** A worker whose confirms wait until they are let through, one after the other. */
function slowWorker() {
  const worker = recordingWorker();
  const waiting: (() => void)[] = [];
  worker.beforeConfirm = () => new Promise((resolve) => waiting.push(resolve));
  const confirmNext = async () => {
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { worker, confirmNext };
}

describe('settleRun', () => {
  it('confirms outputs, then the terminal event, then acks', async () => {
    const { worker, confirmNext } = slowWorker();
    const { run, delivery } = someRun(task, { worker });
    void run.output('a', 'text/plain', Buffer.from('a'));
    const settled = settleRun(worker, run, succeeded('done'));
    await vi.waitFor(() => expect(worker.published).toHaveLength(1), { timeout: 30_000 });
    expect(worker.eventsSent()).toEqual([]);
    await confirmNext();
    expect(worker.eventsSent()).toMatchObject([
      { type: 'succeeded', result: 'done', outputs: [{ name: 'a' }] },
    ]);
    expect(delivery.settled).toBeUndefined();
    await confirmNext();
    await settled;
    expect(delivery.settled).toBe('acked');
  });

  it('does not ack what the broker has not confirmed', async () => {
    const worker = recordingWorker();
    worker.beforeConfirm = () => Promise.reject(new Error('no broker'));
    const { run, delivery } = someRun(task, { worker });
    await expect(settleRun(worker, run, succeeded(1))).rejects.toThrow('no broker');
    expect(delivery.settled).toBeUndefined();
  });

  it.each([
    ['failed', failed(new Error('no')), { code: 'task_failed', message: 'no' }],
    ['dead', dead('crashed', 'gone'), { code: 'crashed', message: 'gone' }],
  ])('tells of a job that is %s, and acks it', async (type, outcome, error) => {
    const worker = recordingWorker();
    const { run, delivery } = someRun(task, { worker });
    await settleRun(worker, run, outcome);
    expect(worker.eventsSent()).toMatchObject([{ type, error, startedAt: run.startedAt }]);
    expect(delivery.settled).toBe('acked');
  });

  it("puts a foreign job's `accepted` before its end", async () => {
    const worker = recordingWorker();
    const { run } = someRun(task, { worker, job: { accepted: false, input: { n: 1 } } });
    await settleRun(worker, run, succeeded(1));
    expect(worker.eventsSent()).toMatchObject([
      { type: 'accepted', input: { n: 1 }, run: '' },
      { type: 'succeeded', run: run.id },
    ]);
  });

  it('gives a copy of the job back when the worker shuts down, and takes the delivery for done', async () => {
    const worker = recordingWorker();
    const { run, delivery } = someRun(task, { worker });
    await settleRun(worker, run, { state: 'handed-back' });
    expect(delivery.settled).toBe('acked');
    expect(worker.published).toMatchObject([{ exchange: 'heddle.submit', routingKey: 'debug.echo' }]);
    expect(worker.published[0]?.message.properties.headers?.[header.attempt]).toBe(1);
  });

  it('sends the result to whoever waits, and does not wait for that', async () => {
    const worker = recordingWorker();
    worker.beforeConfirm = ({ exchange }) =>
      exchange === 'heddle.replies' ? new Promise(() => undefined) : undefined;
    const replyTo = 'heddle.replies.them';
    const { run, delivery, job } = someRun(task, { worker, job: { replyTo, correlationId: 'c-1' } });
    await settleRun(worker, run, succeeded({ n: 2 }));
    expect(delivery.settled).toBe('acked');
    const reply = worker.published.find((entry) => entry.exchange === 'heddle.replies');
    expect(reply).toMatchObject({
      routingKey: replyTo,
      message: { properties: { correlationId: 'c-1', transient: true } },
    });
    const message = { ...delivery.message, ...reply?.message };
    expect(decodeResult(message)).toEqual({
      ok: true,
      value: {
        job: job.id,
        state: 'succeeded',
        result: { n: 2 },
        run: {
          worker: worker.name,
          acceptedAt: job.acceptedAt,
          startedAt: run.startedAt,
          endedAt: worker.eventsSent()[0]?.at,
        },
      },
    });
  });

  it('publishes the next attempt and tells of it before it acks', async () => {
    const { worker, confirmNext } = slowWorker();
    const { run, delivery, job } = someRun(task, { worker, job: { accepted: false, replyTo: 'them' } });
    const error = { code: 'task_failed', message: 'no' };
    const settled = settleRun(worker, run, { state: 'retrying', error, restMs: 5_000 });
    await confirmNext();
    expect(delivery.settled).toBeUndefined();
    await confirmNext();
    await settled;
    expect(delivery.settled).toBe('acked');
    expect(worker.eventsSent().map(({ type }) => type)).toEqual(['accepted', 'retrying']);
    const [again] = worker.resting;
    expect(again?.restMs).toBe(5_000);
    const { properties, body } = again?.message ?? {};
    expect(body).toBe(delivery.message.body);
    expect(properties).toMatchObject({ messageId: job.id, replyTo: 'them', type: 'debug.echo' });
    expect(properties?.headers).toMatchObject({
      [header.attempt]: 2,
      [header.accepted]: true,
      [header.acceptedAt]: job.acceptedAt,
    });
    expect(worker.publishedTo('heddle.replies')).toEqual([]);
  });

  it('gives a job up whose next message the broker will not take', async () => {
    const worker = recordingWorker();
    worker.beforeConfirm = ({ exchange }) => {
      if (exchange === 'heddle.submit') throw new HeddleError('message_too_large', 'too large');
    };
    const { run, delivery } = someRun(task, { worker });
    const error = { code: 'task_failed', message: 'no' };
    const told = await settleRun(worker, run, { state: 'retrying', error, restMs: 10 });
    expect(told).toMatchObject({ state: 'dead', error });
    expect(worker.eventsSent().at(-1)).toMatchObject({ type: 'dead', error });
    expect(delivery.settled).toBe('acked');
  });

  it.each([
    ['bytes', { bytes: { body: Buffer.from('abc'), type: 'image/png' } }, 'image/png'],
    ['a long input', { input: 'x'.repeat(MAX_RECORDED_INPUT_BYTES) }, 'application/json'],
  ])('keeps %s of a job that ends badly, and has that confirmed before its end', async (_, job, type) => {
    const { worker, confirmNext } = slowWorker();
    const { run, delivery } = someRun(task, { worker, job });
    const settled = settleRun(worker, run, failed(new Error('no')));
    await vi.waitFor(
      () => expect(worker.published).toMatchObject([{ exchange: 'heddle.events', routingKey: 'output' }]),
      { timeout: 30_000 },
    );
    const outputs = String(worker.published[0]?.message.properties.headers?.[header.outputs]);
    expect(JSON.parse(outputs)).toMatchObject([{ name: '$input', type }]);
    expect(worker.published[0]?.message.body.equals(delivery.message.body)).toBe(true);
    await confirmNext();
    expect(worker.eventsSent()).toMatchObject([{ type: 'failed' }]);
    await confirmNext();
    await settled;
  });

  it('names the webhook of a job in the event of its end', async () => {
    const webhook = { url: 'https://example.com/done' };
    for (const outcome of [succeeded(1), failed(new Error('no')), dead('crashed', 'gone')]) {
      const worker = recordingWorker();
      await settleRun(worker, someRun(task, { worker, job: { webhook } }).run, outcome);
      expect(worker.eventsSent()).toMatchObject([{ type: outcome.state, webhook }]);
    }
  });

  it.each([
    ['is no JSON', { n: 1n }, 'invalid_output'],
    ['is larger than a message may be', 'x'.repeat(100_000), 'output_too_large'],
  ])('fails a job whose result %s', async (_, result, code) => {
    const worker = recordingWorker({ maxMessageBytes: 64 * 1024 });
    const { run, delivery } = someRun(task, { worker });
    const told = await settleRun(worker, run, succeeded(result));
    expect(told).toMatchObject({ state: 'failed', error: { code } });
    expect(worker.eventsSent()).toMatchObject([{ type: 'failed', error: { code } }]);
    expect(delivery.settled).toBe('acked');
  });
});
