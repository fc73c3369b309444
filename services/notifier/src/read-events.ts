import type { Broker, BrokerLog, Delivery } from '@heddle/broker';
import { decodeEvents, queues } from '@heddle/contracts';
import { Counter, type Registry } from 'prom-client';

/** Reads the events and counts them by type. An unreadable message is settled too: the recorder, which gets the same one, keeps it in `heddle.dead`. */
export async function readEvents(
  broker: Broker,
  log: BrokerLog,
  registry: Registry,
): Promise<{ drain(): Promise<void> }> {
  const seen = new Counter({
    name: 'heddle_notifier_events_total',
    help: 'Events read, by type.',
    labelNames: ['type'],
    registers: [registry],
  });

  const read = (delivery: Delivery) => {
    const decoded = decodeEvents(delivery.message);
    if (decoded.ok) for (const { type } of decoded.value) seen.inc({ type });
    else log.warn({ reason: decoded.reason }, 'unreadable events');
    delivery.ack();
  };

  const { prefetch } = queues['heddle.events.notifier'];
  const consumer = await broker.consume('heddle.events.notifier', { prefetch }, read);
  return {
    async drain() {
      await consumer.stop();
      await consumer.close();
    },
  };
}
