import { type Delivery, setAside } from '@heddle/broker';
import { newJobId } from '@heddle/client';
import {
  DEFAULT_PRIORITY,
  header,
  jobQueue,
  type WireMessage,
  withoutBrokerHeaders,
} from '@heddle/contracts';
import type { WorkerPorts } from './worker-ports.ts';

/**
 * Gives an id to the job of a client that brought none: publishes the message again under a new one. It is not run under
 * that id here and now, because a delivery that comes twice would then be two jobs.
 * Resolves when the message is confirmed; the delivery is still to be acked.
 */
export async function adoptMessage(worker: WorkerPorts, delivery: Delivery, task: string): Promise<void> {
  const { body, properties } = delivery.message;
  const { maxMessageBytes } = worker.publisher;
  if (body.length > maxMessageBytes) {
    const detail = `expected a body of at most ${maxMessageBytes} bytes, got ${body.length}`;
    const source = jobQueue(task);
    return await setAside(worker, 'job', delivery.message, { code: 'message_too_large', detail, source });
  }
  const adopted: WireMessage<'job'> = {
    kind: 'job',
    body,
    properties: {
      ...properties,
      type: task,
      messageId: newJobId(),
      priority: properties.priority ?? DEFAULT_PRIORITY,
      timestamp: properties.timestamp ?? Date.now(),
      headers: { ...withoutBrokerHeaders(properties.headers), [header.accepted]: false },
    },
  };
  await worker.publisher.publish('heddle.submit', task, adopted, { mandatory: true });
}
