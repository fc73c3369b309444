import { type Broker, type BrokerLog, type Delivery, setAside } from '@heddle/broker';
import type { RecorderClient } from '@heddle/client';
import { decodeControl, decodeProducerMessage, encodeProducerMessage, queues } from '@heddle/contracts';
import type { ProducerMetrics } from '../metrics.ts';
import { PersistentWork } from '../persistent-work.ts';
import { Scheduler } from './scheduler.ts';

const QUEUE = 'heddle.scheduler';
const { prefetch: WAKES } = queues[QUEUE];
const { prefetch: NEWS } = queues['heddle.control.<instance>'];

export interface TickOptions {
  readonly broker: Broker;
  readonly recorder: Pick<RecorderClient, 'ask'>;
  readonly instance: string;
  readonly log: BrokerLog;
  readonly metrics: Pick<ProducerMetrics, 'made' | 'watchLeads'>;
}

/**
 * Of all producers one ticks the schedules: the one to which the broker delivers from `heddle.scheduler`, a queue with a
 * single active consumer. It holds the newest `wake` unsettled; when it goes, the broker gives that to the next.
 */
export async function tickSchedules({
  broker,
  recorder,
  instance,
  log,
  metrics,
}: TickOptions): Promise<{ drain(): Promise<void> }> {
  let wake: Delivery | undefined;
  const leads = () => wake !== undefined && !wake.lost;
  metrics.watchLeads(leads);
  const scheduler = new Scheduler({ recorder, log, leads, onTick: () => metrics.made('schedule', 1) });

  const refusals = new PersistentWork(log);
  const refuse = (delivery: Delivery, detail: string): void => {
    const reason = { code: 'unreadable_message', detail, source: QUEUE } as const;
    refusals.begin(delivery, () =>
      setAside({ publisher: broker.publisher, log }, 'production', delivery.message, reason),
    );
  };

  const reader = await broker.consume(QUEUE, { prefetch: WAKES }, (delivery) => {
    const message = decodeProducerMessage(delivery.message);
    if (!message.ok) return refuse(delivery, message.reason);
    if (message.value.type !== 'wake') {
      return refuse(delivery, `type: expected "wake" in this queue, got "${message.value.type}"`);
    }
    if (!leads()) log.info({}, 'ticks the schedules from now on');
    wake?.ack();
    wake = delivery;
    scheduler.reload();
  });
  const news = await broker.consume(`heddle.control.${instance}`, { prefetch: NEWS }, (delivery) => {
    delivery.ack();
    const decoded = decodeControl(delivery.message);
    if (decoded.ok && decoded.value.type === 'schedules-changed') scheduler.reload();
  });

  /** Put anew after each reconnect: the queue may have been lost with its broker. One too many is settled by the next. */
  const putWake = () => {
    const message = encodeProducerMessage({ type: 'wake' }, `wake/${instance}`);
    broker.publisher
      .publish('heddle.requests', 'scheduler', message, { mandatory: true })
      .catch((error: unknown) => {
        log.warn(
          { err: error },
          'the wake could not be put: schedules tick only if another producer put one',
        );
      });
  };
  putWake();
  const unsubscribe = broker.onReconnect(putWake);

  return {
    async drain() {
      unsubscribe();
      await reader.stop();
      await refusals.drain();
      await scheduler.stop();
      await news.close();
      // The wake goes back to the queue with the channel, and to the next producer.
      await reader.close();
    },
  };
}
