import { z } from 'zod';
import { expected } from './explain-issue.ts';
import { fairSchema, laneQueue } from './fair.ts';
import { limitSchema } from './limit.ts';
import { retrySchema } from './retry.ts';
import { stateNameSchema } from './state-name.ts';

const TASK_NAME = /^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$/;

/** Ends the routing key, and the queue's name, of jobs that took their worker down. */
export const SUSPECT_SUFFIX = '.suspect';

/** A task's name is also its routing key: dotted lower-case words, at most 100 characters, no wildcards of topic exchanges. */
export const taskNameSchema = z
  .string()
  .max(100)
  .regex(TASK_NAME, { error: expected('dotted lower-case words such as "image.thumbnail"') })
  .refine((name) => !name.endsWith(SUSPECT_SUFFIX), {
    error: `expected a name that does not end in "${SUSPECT_SUFFIX}"`,
  });

/** The task whose jobs are the deliveries of webhooks; the notifier serves it. */
export const WEBHOOK_TASK = 'webhook.deliver';

/** Where a task's handler runs: on the worker's event loop, in a worker thread, or in a child process. */
export const poolKinds = ['event-loop', 'thread', 'process'] as const;
export type PoolKind = (typeof poolKinds)[number];

/** A JSON Schema (2020-12), as zod writes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a worker tells the system about a task that it serves. The recorder keeps the newest, so a known task queues with no worker up. */
export const taskAnnouncementSchema = z.object({
  name: taskNameSchema,
  description: z.string().max(1_000).exactOptional(),
  pool: z.enum(poolKinds),
  /** Milliseconds that one attempt may run when the job does not say. */
  timeoutMs: z.int().positive(),
  /** `json`: the body is the input. `bytes`: the body is bytes and the input travels beside it. */
  body: z.enum(['json', 'bytes']),
  retry: retrySchema.exactOptional(),
  limit: limitSchema.exactOptional(),
  fair: fairSchema.exactOptional(),
  /** Milliseconds that results are kept when the job does not say. */
  resultTtlMs: z.int().min(0).exactOptional(),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()).exactOptional(),
  /** Jobs of one key run one at a time; `state`: what their keys' states belong to. */
  serial: z.object({ state: stateNameSchema, partitions: z.int().positive() }).exactOptional(),
});
export type TaskAnnouncement = z.infer<typeof taskAnnouncementSchema>;

/** The queue of a task's jobs that were running when their worker went. */
export function suspectQueue(task: string): `heddle.jobs.${string}.suspect` {
  return `heddle.jobs.${task}${SUSPECT_SUFFIX}`;
}

/** The queue of a task's jobs. */
export function jobQueue(task: string): `heddle.jobs.${string}` {
  return `heddle.jobs.${task}`;
}

/** The queue of one partition of a serial task's jobs, from 0. */
export function serialQueue(task: string, partition: number): `heddle.serial.${string}` {
  return `heddle.serial.${serialKey(task, partition)}`;
}

/** Where jobs of a task wait besides its own queue: the lanes of a fair task, the partitions of a serial one. */
export function branchQueues({
  name,
  fair,
  serial,
}: Pick<TaskAnnouncement, 'name' | 'fair' | 'serial'>): (
  | `heddle.lanes.${string}`
  | `heddle.serial.${string}`
)[] {
  return [
    ...Array.from({ length: fair?.lanes ?? 0 }, (_, lane) => laneQueue(name, lane)),
    ...Array.from({ length: serial?.partitions ?? 0 }, (_, partition) => serialQueue(name, partition)),
  ];
}

/** Its routing key on `heddle.serial`. */
export function serialKey(task: string, partition: number): string {
  return `${task}.${partition}`;
}
