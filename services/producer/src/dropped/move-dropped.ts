import { setTimeout as wait } from 'node:timers/promises';
import { type Broker, type BrokerLog, type Delivery, EventPublisher } from '@heddle/broker';
import { queues, toDeadMessage } from '@heddle/contracts';
import { endJob } from './end-job.ts';
import { explainDrop } from './explain-drop.ts';

/** Long enough not to burn a core while the broker refuses, short enough that nobody waits for it. */
const RETRY_MS = 1_000;

/**
 * Moves what the broker set aside to `heddle.dead`: tells the recorder of the job that ended by it, writes the reason on a
 * copy, and settles only when both are confirmed.
 */
export async function moveDropped(broker: Broker, log: BrokerLog): Promise<{ drain(): Promise<void> }> {
  const { publisher } = broker;
  const events = new EventPublisher(publisher);
  const draining = new AbortController();
  const moving = new Set<Promise<void>>();

  /** Tries until it is moved, or somebody else's: giving it back would only bring it again at once. */
  const move = async (delivery: Delivery): Promise<void> => {
    const { message } = delivery;
    const job = message.properties.messageId;
    const drop = explainDrop(message);
    const ends = endJob(message, drop);
    const dead = toDeadMessage('job', message, drop, publisher.maxMessageBytes);
    while (!delivery.lost && !draining.signal.aborted) {
      try {
        // The events first: told twice they are the same, but a second copy is a second message.
        await events.addAll(ends);
        // Mandatory: if somebody deleted the queue, the message must not vanish.
        await publisher.publish('heddle.dead', '', dead, { mandatory: true });
        delivery.ack();
        log.info({ job, reason: drop.code, source: drop.source }, 'set aside');
        return;
      } catch (error) {
        log.warn({ err: error, job }, 'cannot be set aside yet');
        await wait(RETRY_MS, undefined, { signal: draining.signal }).catch(() => {});
      }
    }
  };

  const { prefetch } = queues['heddle.dropped'];
  const consumer = await broker.consume('heddle.dropped', { prefetch }, (delivery) => {
    const moved = move(delivery).finally(() => moving.delete(moved));
    moving.add(moved);
  });

  return {
    async drain() {
      await consumer.stop();
      draining.abort();
      await Promise.all(moving);
      await consumer.close();
    },
  };
}
