import { type Broker, type BrokerLog, type Delivery, EventPublisher, setAside } from '@heddle/broker';
import { queues } from '@heddle/contracts';
import type { ProducerMetrics } from '../metrics.ts';
import { PersistentWork } from '../persistent-work.ts';
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
  const moves = new PersistentWork(log);

  const move = (delivery: Delivery): void => {
    const { message } = delivery;
    const drop = explainDrop(message);
    const ends = endJob(message, drop);
    moves.begin(delivery, async () => {
      // The events first: told twice they are the same, but a second copy is a second message.
      await events.addAll(ends);
      await setAside({ publisher, log }, 'job', message, drop);
      metrics.dropped(drop.code);
    });
  };

  const { prefetch } = queues['heddle.dropped'];
  const consumer = await broker.consume('heddle.dropped', { prefetch }, move);

  return {
    async drain() {
      await consumer.stop();
      await moves.drain();
      await consumer.close();
    },
  };
}
