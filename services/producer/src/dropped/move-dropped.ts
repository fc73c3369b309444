import { setTimeout as wait } from 'node:timers/promises';
import { type Broker, type BrokerLog, type Delivery, EventPublisher } from '@heddle/broker';
import { queues, toDeadMessage } from '@heddle/contracts';
import { endJob } from './end-job.ts';
import { explainDrop } from './explain-drop.ts';

/** Long enough not to burn a core while the broker refuses, short enough that nobody waits for it. */
const RETRY_MS = 1_000;

/**
 * Moves what the broker set aside to `heddle.dead`: writes the reason on it, tells the recorder of the jobs that ended
 * by it, waits for both confirms, and only then settles.
 */
export async function moveDropped(broker: Broker, log: BrokerLog): Promise<{ drain(): Promise<void> }> {
  const events = new EventPublisher(broker.publisher);
  const draining = new AbortController();
  const moving = new Set<Promise<void>>();

  const move = async (delivery: Delivery): Promise<void> => {
    const { message } = delivery;
    const drop = explainDrop(message);
    const dead = toDeadMessage('job', message, drop, broker.publisher.maxMessageBytes);
    await Promise.all([
      // Mandatory: if somebody deleted the queue, the message must not vanish.
      broker.publisher.publish('heddle.dead', '', dead, { mandatory: true }),
      events.addAll(endJob(message, drop)),
    ]);
    delivery.ack();
    log.info({ job: message.properties.messageId, reason: drop.code, source: drop.source }, 'set aside');
  };

  /** Until it is moved, or somebody else's: giving it back would only bring it again at once. */
  const keepMoving = async (delivery: Delivery): Promise<void> => {
    while (!delivery.lost && !draining.signal.aborted) {
      try {
        return await move(delivery);
      } catch (error) {
        log.warn({ err: error, job: delivery.message.properties.messageId }, 'cannot be set aside yet');
        await wait(RETRY_MS, undefined, { signal: draining.signal }).catch(() => {});
      }
    }
  };

  const { prefetch } = queues['heddle.dropped'];
  const consumer = await broker.consume('heddle.dropped', { prefetch }, (delivery) => {
    const moved = keepMoving(delivery).finally(() => moving.delete(moved));
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
