import type { Broker, BrokerLog, Delivery } from '@heddle/broker';
import type { RecorderClient } from '@heddle/client';
import { decodeControl, decodeProducerMessage, encodeProducerMessage, queues } from '@heddle/contracts';
import { keepTrying } from '../keep-trying.ts';
import type { ProducerMetrics } from '../metrics.ts';
import { setAside } from '../set-aside.ts';
import { Scheduler } from './scheduler.ts';

const { prefetch: WAKES } = queues['heddle.scheduler'];
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

  const stopping = new AbortController();
  const refuse = async (delivery: Delivery, reason: string): Promise<void> => {
    const done = await keepTrying(delivery, stopping.signal, log, () =>
      setAside(broker, delivery, reason, 'heddle.scheduler'),
    );
    if (done) delivery.ack();
  };

  const reader = await broker.consume('heddle.scheduler', { prefetch: WAKES }, (delivery) => {
    const message = decodeProducerMessage(delivery.message);
    if (!message.ok) return void refuse(delivery, message.reason);
    if (message.value.type !== 'wake') {
      return void refuse(delivery, `type: expected "wake" in this queue, got "${message.value.type}"`);
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
      stopping.abort();
      await reader.stop();
      await scheduler.stop();
      await news.close();
      // The wake goes back to the queue with the channel, and to the next producer.
      await reader.close();
    },
  };
}
