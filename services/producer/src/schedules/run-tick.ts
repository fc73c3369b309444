import { createHash } from 'node:crypto';
import { newJobId } from '@heddle/client';
import {
  DEFAULT_PRIORITY,
  jobOptionsSchema,
  type RecorderRequest,
  type ScheduleRecord,
} from '@heddle/contracts';

type Submit = Extract<RecorderRequest, { op: 'submit' }>;

/**
 * The job of a tick, submitted under a key made of schedule and time: however often it is asked for, and by how many
 * producers, there is one. Throws when the schedule's options are none.
 */
export function submitOfTick(schedule: ScheduleRecord, at: number, now: number): Submit {
  const idempotencyKey = `schedule/${schedule.id}/${new Date(at).toISOString()}`;
  const options = jobOptionsSchema.parse(schedule.options);
  const tags = [...(options.tags ?? [])];
  const tag = `schedule:${schedule.id}`.slice(0, 100);
  if (tags.length < 20 && !tags.includes(tag)) tags.push(tag);
  return {
    op: 'submit',
    idempotencyKey,
    // Of the key, not of the payload: a schedule that is changed between two tries has ticked all the same.
    fingerprint: createHash('sha256').update(idempotencyKey).digest('hex'),
    job: {
      id: newJobId(),
      task: schedule.task,
      input: schedule.input,
      priority: options.priority ?? DEFAULT_PRIORITY,
      tags,
      acceptedAt: now,
      ...(options.timeout !== undefined && { timeoutMs: options.timeout }),
      ...(options.retry !== undefined && { retry: options.retry }),
      ...(options.webhook !== undefined && { webhook: options.webhook }),
      ...(options.resultTtl !== undefined && { resultTtlMs: options.resultTtl }),
      ...(options.ttl !== undefined && { deadline: now + options.ttl }),
    },
  };
}
