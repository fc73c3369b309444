import { z } from 'zod';

/** Each lane is a queue, and each worker holds some jobs of each. */
export const MAX_LANES = 64;
export const DEFAULT_LANES = 8;

/** What the system is told of a task whose jobs are taken in fair shares. */
export const fairSchema = z
  .object({
    /** Queues that the task's jobs are sorted into. */
    lanes: z.int().min(2).max(MAX_LANES),
  })
  .meta({ id: 'Fair' });
export type Fair = z.infer<typeof fairSchema>;

/** Keys are cut to this length; for telling tenants apart it suffices. */
export const MAX_FAIR_KEY_CHARACTERS = 200;

/** Between a task's name, which has none, and the number of a lane. */
const DIVIDER = '/';

const LANES = 'heddle.lanes.';

/** The queue of one lane of a task, counted from 0. */
export function laneQueue(task: string, lane: number): `heddle.lanes.${string}` {
  return `${LANES}${task}.${lane}`;
}

/** The task and the number in the name of a lane's queue. */
export function splitLaneQueue(queue: string): { readonly task: string; readonly lane: number } {
  const end = queue.lastIndexOf('.');
  return { task: queue.slice(LANES.length, end), lane: Number(queue.slice(end + 1)) };
}

/** Routing key on `heddle.lanes`. */
export function laneKey(task: string, lane: number): string {
  return `${task}${DIVIDER}${lane}`;
}

/** The lane that a job's routing key names, if it names one, and the rest of the key. */
export function splitLaneKey(routingKey: string): { readonly key: string; readonly lane?: number } {
  const at = routingKey.indexOf(DIVIDER);
  if (at === -1) return { key: routingKey };
  return { key: routingKey.slice(0, at), lane: Number(routingKey.slice(at + 1)) };
}
