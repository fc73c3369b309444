import {
  type DeadReason,
  decodeJob,
  type ErrorCode,
  jobQueue,
  laneQueue,
  type ReceivedMessage,
  splitLaneKey,
} from '@heddle/contracts';
import { z } from 'zod';

/** Why the broker set a message aside. */
export interface Drop extends DeadReason {
  /** How the job ended by it, if the message was a job's; undefined if it never became one. */
  readonly ends?: 'expired' | 'failed' | 'dead' | undefined;
}

const deathSchema = z.object({
  reason: z.string(),
  queue: z.string(),
  'original-expiration': z.string().optional(),
});

/** What RabbitMQ writes into `x-death` as the reason, and what it means here. */
const DEATHS: Readonly<Record<string, { code: ErrorCode; ends: NonNullable<Drop['ends']>; detail: string }>> =
  {
    expired: { code: 'message_expired', ends: 'expired', detail: 'no worker took it before its expiration' },
    rejected: {
      code: 'unreadable_message',
      ends: 'failed',
      detail: 'a worker refused it without saying why',
    },
    delivery_limit: {
      code: 'crashed',
      ends: 'dead',
      detail: 'it was given back more often than its queue allows',
    },
    maxlen: { code: 'overloaded', ends: 'dead', detail: 'its queue was full' },
  };

/** Every code that `explainDrop` gives. */
export const dropCodes: readonly ErrorCode[] = [
  'unroutable_message',
  ...Object.values(DEATHS).map(({ code }) => code),
];

/**
 * A message in `heddle.dropped` came there either by dead-lettering, which publishes it to that exchange anew and adds
 * `x-death` (latest first), or as unroutable, which leaves its own exchange on it.
 */
export function explainDrop(message: ReceivedMessage): Drop {
  const { exchange, routingKey } = message;
  if (exchange !== 'heddle.dropped') {
    return {
      code: 'unroutable_message',
      detail: `no queue is bound to ${exchange} for the routing key ${JSON.stringify(routingKey)}: no worker has ever served that task`,
      source: exchange,
    };
  }
  const deaths: unknown = message.properties.headers?.['x-death'];
  const latest = deathSchema.safeParse(Array.isArray(deaths) ? deaths[0] : undefined);
  if (!latest.success) {
    return {
      code: 'unroutable_message',
      detail: `published straight to ${exchange}, where only the broker publishes, with the routing key ${JSON.stringify(routingKey)}`,
      source: exchange,
    };
  }
  const { reason, queue, 'original-expiration': expiration } = latest.data;
  const death = DEATHS[reason];
  const after = expiration === undefined ? '' : ` of ${expiration} ms`;
  return {
    code: death?.code ?? 'unroutable_message',
    ends: queue === queueOf(routingKey) ? death?.ends : undefined,
    detail: `${faultOf(reason, message) ?? death?.detail ?? `the broker says "${reason}"`}${after}, routing key ${JSON.stringify(routingKey)}`,
    source: queue,
  };
}

/** Who may not publish to `heddle.dead` refuses a message without a word; what is wrong with it can be read again. */
function faultOf(reason: string, message: ReceivedMessage): string | undefined {
  if (reason !== 'rejected') return undefined;
  const job = decodeJob(message);
  if (!job.ok) return job.reason;
  return job.value.id === '' ? 'message_id: expected the id of a job, got none' : undefined;
}

/** The queue that a job with this routing key lies in. */
function queueOf(routingKey: string): string {
  const { key, lane } = splitLaneKey(routingKey);
  return lane === undefined ? jobQueue(key) : laneQueue(key, lane);
}
