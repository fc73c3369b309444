import { randomUUID } from 'node:crypto';
import type { ConfirmChannel } from 'amqplib';
import type { BenchSession } from '../harness/benchmark.ts';
import { startReference } from '../processes/start-reference.ts';
import { brokerVersion, openChannel } from '../queues/open-channel.ts';
import { declareReferenceQueues, reference } from '../queues/reference-queues.ts';
import { ReferenceEventBatches } from './reference-event-batches.ts';
import { accepted, echoInput, jobOptions } from './reference-messages.ts';
import type { WaitForFinished } from './reference-recorder.process.ts';

interface ReferenceEchoOptions {
  /** Jobs a round. */
  readonly jobs: number;
  /** Jobs submitted and not yet confirmed. */
  readonly window: number;
  /** Unacknowledged jobs the worker holds. */
  readonly prefetch: number;
}

/**
 * The bare pipeline, in three processes as ours: this one submits, a worker consumes, a recorder inserts.
 * Resolves with a function that sends one round of jobs through and resolves when all of them are in the database.
 */
export async function startReferenceEcho(
  session: BenchSession,
  options: ReferenceEchoOptions,
): Promise<() => Promise<void>> {
  const channel = await openChannel(session.amqpUrl, session.cleanUp);
  await declareReferenceQueues(channel, await brokerVersion(session.amqpUrl), session.cleanUp);
  await startReference(session, 'echo/reference-worker.process', [session.amqpUrl, String(options.prefetch)]);
  const recorder = await startReference<WaitForFinished, number>(session, 'echo/reference-recorder.process', [
    session.amqpUrl,
    `${session.dataFolder}/reference.sqlite`,
  ]);
  let finished = 0;
  return async () => {
    finished += options.jobs;
    await submitAll(channel, options.jobs, options.window);
    await recorder.ask({ finished });
  };
}

/** Publishes each job beside its `accepted` event, pipelined; resolves when the broker has confirmed all of both. */
function submitAll(channel: ConfirmChannel, total: number, window: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let submitted = 0;
    let jobs = 0;
    let events = 0;
    const onConfirmed = (): void => {
      if (jobs === total && events === total) resolve();
      else submitMore();
    };
    const batches = new ReferenceEventBatches(channel, (count) => {
      events += count;
      onConfirmed();
    });
    const submitMore = (): void => {
      while (submitted < total && submitted - Math.min(jobs, events) < window) {
        const id = randomUUID();
        const at = Date.now();
        const input = echoInput(submitted);
        const body = Buffer.from(JSON.stringify(input));
        channel.publish(reference.jobs, reference.task, body, jobOptions(id, at), (error: unknown) => {
          if (error) return reject(new Error('the broker refused a job', { cause: error }));
          jobs += 1;
          onConfirmed();
        });
        batches.add(accepted(id, input, at));
        submitted += 1;
      }
    };
    submitMore();
  });
}
