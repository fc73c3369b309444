import { type Broker, type BrokerLog, type Delivery, EventPublisher } from '@heddle/broker';
import { queues, toDeadMessage } from '@heddle/contracts';
import { keepTrying } from '../keep-trying.ts';
import type { ProducerMetrics } from '../metrics.ts';
import { endJob } from './end-job.ts';
import { explainDrop } from './explain-drop.ts';

/**
 * Moves what the broker set aside to `heddle.dead`: tells the recorder of the job that ended by it, writes the reason on a
 * copy, and settles only when both are confirmed.
 */
export async function moveDropped(
  broker: Broker,
  log: BrokerLog,
  metrics: Pick<ProducerMetrics, 'dropped'>,
): Promise<{ drain(): Promise<void> }> {
  const { publisher } = broker;
  const events = new EventPublisher(publisher);
  const draining = new AbortController();
  const moving = new Set<Promise<void>>();

  const move = async (delivery: Delivery): Promise<void> => {
    const { message } = delivery;
    const drop = explainDrop(message);
    const ends = endJob(message, drop);
    const dead = toDeadMessage('job', message, drop, publisher.maxMessageBytes);
    const isMoved = await keepTrying(delivery, draining.signal, log, async () => {
      // The events first: told twice they are the same, but a second copy is a second message.
      await events.addAll(ends);
      // Mandatory: if somebody deleted the queue, the message must not vanish.
      await publisher.publish('heddle.dead', '', dead, { mandatory: true });
    });
    if (!isMoved) return;
    delivery.ack();
    metrics.dropped(drop.code);
    log.info({ job: message.properties.messageId, reason: drop.code, source: drop.source }, 'set aside');
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
