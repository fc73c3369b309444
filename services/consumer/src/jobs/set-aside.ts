import type { Delivery } from '@heddle/broker';
import { header, jobQueue, type WireMessage } from '@heddle/contracts';
import type { WorkerPorts } from './worker-ports.ts';

const MAX_REASON_CHARACTERS = 1_000;

/** Headers by which a broker would send the copy somewhere else, or take it for one that has been here before. */
const BROKER_HEADERS =
  /^(cc|bcc|x-death|x-first-death-.*|x-last-death-.*|x-delivery-count|x-acquired-count)$/i;

/** Copies a message that cannot be run to `heddle.dead`, with the reason. Resolves when the copy is confirmed; the delivery is still to be acked. */
export async function setAside(
  worker: WorkerPorts,
  delivery: Delivery,
  task: string,
  reason: string,
): Promise<void> {
  const { body, properties } = delivery.message;
  const tooLarge = body.length > worker.maxMessageBytes;
  const copy: WireMessage<'job'> = {
    kind: 'job',
    body: tooLarge ? body.subarray(0, worker.maxMessageBytes) : body,
    properties: {
      ...properties,
      // What lies there waits for a person, not for a deadline.
      expiration: undefined,
      headers: {
        ...withoutBrokerHeaders(properties.headers),
        [header.reason]: (tooLarge ? `${reason}; the body was cut from ${body.length} bytes` : reason).slice(
          0,
          MAX_REASON_CHARACTERS,
        ),
        [header.source]: jobQueue(task),
      },
    },
  };
  await worker.publisher.publish('heddle.dead', '', copy);
  worker.log.warn({ task, job: properties.messageId, reason }, 'message set aside in heddle.dead');
}

/** The headers of a message that is published again. */
export function withoutBrokerHeaders(
  headers: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !BROKER_HEADERS.test(name)));
}
