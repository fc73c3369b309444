import type { Broker, BrokerLog, Consumer } from '@heddle/broker';
import { decodeControl, queues } from '@heddle/contracts';
import type { BatchEnds } from '../batches/batch-ends.ts';
import type { EndWatcher } from '../jobs/watch-ends.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { KnownWorkers } from './known-workers.ts';

interface Listening {
  readonly tasks: KnownTasks;
  readonly workers: KnownWorkers;
  readonly ends: EndWatcher;
  readonly batchEnds: BatchEnds;
  readonly log: BrokerLog;
}

/** Consumes the control news of this gateway: changed tasks are loaded again, workers' signs of life noted, waited-for jobs that are cancelled looked at, ends of batches told to those who watch them. */
export function listenToControl(
  broker: Broker,
  instance: string,
  { tasks, workers, ends, batchEnds, log }: Listening,
): Promise<Consumer> {
  const { prefetch } = queues['heddle.control.<instance>'];
  return broker.consume(`heddle.control.${instance}`, { prefetch }, (delivery) => {
    const news = decodeControl(delivery.message);
    delivery.ack();
    if (!news.ok) log.warn({ reason: news.reason }, 'control news cannot be read');
    else if (news.value.type === 'tasks-changed') tasks.refresh();
    else if (news.value.type === 'worker') workers.hear(news.value);
    else if (news.value.type === 'cancel') ends.cancelled(news.value.job);
    else if (news.value.type === 'batch-ended') batchEnds.hear(news.value.batch);
  });
}
