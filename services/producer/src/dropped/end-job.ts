import { acceptedEvent } from '@heddle/client';
import { decodeJob, type JobEvent, type ReceivedMessage } from '@heddle/contracts';
import type { Drop } from './explain-drop.ts';

/**
 * The events by which the recorder learns that a dropped message's job has ended: none if it was no job's, or had no
 * id that anybody could ask for. A job of another AMQP client gets its `accepted` event here, for nobody else sent one.
 */
export function endJob(message: ReceivedMessage, drop: Drop, now = Date.now()): readonly JobEvent[] {
  if (drop.ends === undefined) return [];
  const decoded = decodeJob(message);
  if (!decoded.ok || decoded.value.id === '') return [];
  const job = decoded.value;
  const base = {
    job: job.id,
    task: job.task,
    generation: job.generation,
    attempt: job.attempt,
    run: '',
    seq: 1,
    at: now,
    error: { code: drop.code, message: drop.detail },
  };
  const end: JobEvent =
    drop.ends === 'expired'
      ? { type: 'expired', ...base }
      : { type: drop.ends, ...base, worker: '', startedAt: now };
  return job.accepted ? [end] : [acceptedEvent(job, message.body.length), end];
}
