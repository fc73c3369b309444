import { setTimeout as wait } from 'node:timers/promises';
import type { Broker, BrokerLog, Delivery } from '@heddle/broker';
import { JobSubmitter, type NewJob } from '@heddle/client';
import { decodeEvents, type EventType, eventStates, HeddleError, queues } from '@heddle/contracts';
import type { Meters } from '@heddle/service';
import { describeDelivery } from './describe-delivery.ts';
import { WEBHOOK_EVENTS } from './webhook-events.ts';

const RETRY_MS = 1_000;

/**
 * Reads the events and makes a delivery of each that ends a job with a webhook; settles them when the deliveries are
 * confirmed. An unreadable message is settled too: the recorder, which gets the same one, keeps it in `heddle.dead`.
 */
export async function readEvents(
  broker: Broker,
  log: BrokerLog,
  meters: Meters,
): Promise<{ drain(): Promise<void> }> {
  const submitter = new JobSubmitter(broker, {}, WEBHOOK_EVENTS);
  const draining = new AbortController();
  const held = new Set<Promise<void>>();
  const seen = new Map(
    (Object.keys(eventStates) as EventType[]).map((type) => [
      type,
      meters.counter('heddle_notifier_events_total', type),
    ]),
  );

  /** A delivery that can never be sent has failed, where people look for it; the others go on. */
  const submit = async (job: NewJob): Promise<void> => {
    try {
      await submitter.submit(job);
    } catch (error) {
      if (!(error instanceof HeddleError) || error.retryable || error.code === 'unknown_task') throw error;
      log.error({ err: error, job: job.id }, 'a webhook can never be sent');
      // Without what may be too large for an event as well.
      await submitter.refuse({ ...job, input: null }, error);
    }
  };

  /** Tries until the deliveries are on the broker, or the events are somebody else's: giving them back would only bring them again at once. */
  const read = async (delivery: Delivery): Promise<void> => {
    const decoded = decodeEvents(delivery.message);
    if (!decoded.ok) log.warn({ reason: decoded.reason }, 'unreadable events');
    const events = decoded.ok ? decoded.value : [];
    const deliveries = events.flatMap((event) => describeDelivery(event) ?? []);
    while (!delivery.lost && !draining.signal.aborted) {
      try {
        await Promise.all(deliveries.map(submit));
        for (const { type } of events) seen.get(type)?.add(1);
        return delivery.ack();
      } catch (error) {
        log.warn({ err: error }, 'webhooks cannot be put on their way yet');
        await wait(RETRY_MS, undefined, { signal: draining.signal }).catch(() => {});
      }
    }
  };

  const { prefetch } = queues['heddle.events.notifier'];
  const consumer = await broker.consume('heddle.events.notifier', { prefetch }, (delivery) => {
    const reading = read(delivery).finally(() => held.delete(reading));
    held.add(reading);
  });
  return {
    async drain() {
      await consumer.stop();
      draining.abort();
      await Promise.all(held);
      await consumer.close();
    },
  };
}
