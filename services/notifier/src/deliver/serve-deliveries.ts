import type { Delivery } from '@heddle/broker';
import { jobQueue, WEBHOOK_TASK } from '@heddle/contracts';
import { type DeliveryService, runDelivery } from './run-delivery.ts';

/** Many receivers at once, and few deliveries of each (see `HostLanes`). */
const PREFETCH = 256;
const REQUEUE_AFTER_MS = 1_000;

/** Consumes the deliveries. `drain` lets the posts that have begun end; those that wait go back to the queue. */
export async function serveDeliveries(service: DeliveryService): Promise<{ drain(): Promise<void> }> {
  const { broker, log } = service;
  const draining = new AbortController();
  const held = new Set<Promise<void>>();

  const serve = async (delivery: Delivery): Promise<void> => {
    try {
      await runDelivery(service, delivery);
    } catch (error) {
      log.error({ err: error }, 'a delivery could not be settled and goes back');
      if (!draining.signal.aborted) await new Promise((resolve) => setTimeout(resolve, REQUEUE_AFTER_MS));
      delivery.requeue();
    }
  };

  const consumer = await broker.consume(jobQueue(WEBHOOK_TASK), { prefetch: PREFETCH }, (delivery) => {
    if (draining.signal.aborted) return delivery.requeue();
    const serving = serve(delivery).finally(() => held.delete(serving));
    held.add(serving);
  });
  return {
    async drain() {
      draining.abort();
      await consumer.stop();
      service.lanes.close();
      await Promise.all(held);
      await consumer.close();
    },
  };
}
