import type { Delivery } from '@heddle/broker';
import { splitLaneKey, withoutBrokerHeaders } from '@heddle/contracts';
import type { WorkerPorts } from './worker-ports.ts';

/**
 * Gives a job that had begun back to its queue. Not by returning the delivery, which would mark the job as one that may
 * have taken its worker down: a copy is published, confirmed, and takes its place. What came from a lane is sorted again.
 */
export async function handBack({ publisher }: WorkerPorts, delivery: Delivery): Promise<void> {
  const { body, properties, routingKey } = delivery.message;
  const headers = withoutBrokerHeaders(properties.headers);
  const copy = { kind: 'job', body, properties: { ...properties, headers } } as const;
  await publisher.publish('heddle.submit', splitLaneKey(routingKey).key, copy, { mandatory: true });
  delivery.ack();
}
