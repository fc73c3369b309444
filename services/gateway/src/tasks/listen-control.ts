import type { Broker, BrokerLog, Consumer } from '@heddle/broker';
import { decodeControl, queues } from '@heddle/contracts';
import type { KnownTasks } from './known-tasks.ts';
import type { KnownWorkers } from './known-workers.ts';

/** Consumes the control news of this gateway: changed tasks are loaded again, workers' signs of life noted. */
export function listenToControl(
  broker: Broker,
  instance: string,
  { tasks, workers, log }: { tasks: KnownTasks; workers: KnownWorkers; log: BrokerLog },
): Promise<Consumer> {
  const { prefetch } = queues['heddle.control.<instance>'];
  return broker.consume(`heddle.control.${instance}`, { prefetch }, (delivery) => {
    const news = decodeControl(delivery.message);
    delivery.ack();
    if (!news.ok) log.warn({ reason: news.reason }, 'control news cannot be read');
    else if (news.value.type === 'tasks-changed') tasks.refresh();
    else if (news.value.type === 'worker') workers.hear(news.value);
  });
}
