import { decodeJob, type Job, type ReceivedMessage } from '@heddle/contracts';

/** What a delivery turns out to be. */
export type DecodedDelivery =
  | { readonly is: 'job'; readonly job: Job }
  /** A job of a client that gave it no id. */
  | { readonly is: 'nameless' }
  | { readonly is: 'unreadable'; readonly reason: string };

/** Reads a delivery from the queue of `task`. */
export function decodeDelivery(message: ReceivedMessage, task: string): DecodedDelivery {
  const decoded = decodeJob(message);
  if (!decoded.ok) return { is: 'unreadable', reason: decoded.reason };
  if (decoded.value.task !== task) {
    return {
      is: 'unreadable',
      reason: `routing key: expected "${task}", got "${message.routingKey}"`,
    };
  }
  return decoded.value.id === '' ? { is: 'nameless' } : { is: 'job', job: decoded.value };
}

/** Reads a delivery from a partition of `task`: its routing key names the partition, and its `type` the task. */
export function decodePartitioned(message: ReceivedMessage, task: string): DecodedDelivery {
  return decodeDelivery({ ...message, routingKey: message.properties.type ?? '' }, task);
}
