import type { Delivery } from '@heddle/broker';
import { newJobId } from '@heddle/client';
import { encodeJob, type Job, type ReceivedMessage } from '@heddle/contracts';

/** A delivery that remembers how it was settled. */
export interface HeldDelivery extends Delivery {
  settled: 'acked' | 'rejected' | 'requeued' | undefined;
  lost: boolean;
}

export function holdDelivery(message: ReceivedMessage): HeldDelivery {
  const settle = (how: NonNullable<HeldDelivery['settled']>) => () => {
    delivery.settled ??= how;
  };
  const delivery: HeldDelivery = {
    message,
    streamOffset: undefined,
    lost: false,
    settled: undefined,
    ack: settle('acked'),
    reject: settle('rejected'),
    requeue: settle('requeued'),
  };
  return delivery;
}

/** A job with whatever a test wants to be special about it. */
export function someJob(special: Partial<Job> = {}): Job {
  return {
    id: newJobId(),
    task: 'debug.echo',
    input: { hello: 'world' },
    priority: 4,
    generation: 0,
    attempt: 1,
    tags: [],
    acceptedAt: Date.now(),
    accepted: true,
    ...special,
  };
}

/** A job's message as it comes off its queue. */
export function received(job: Job, special: Partial<ReceivedMessage> = {}): ReceivedMessage {
  const { body, properties } = encodeJob(job);
  return {
    body,
    properties,
    exchange: 'heddle.submit',
    routingKey: job.task,
    redelivered: false,
    ...special,
  };
}
