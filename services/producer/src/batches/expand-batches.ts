import { type Broker, type BrokerLog, type Delivery, EventPublisher, setAside } from '@heddle/broker';
import { JobSubmitter, type RecorderClient } from '@heddle/client';
import {
  decodeProducerMessage,
  encodeProducerMessage,
  type ProducerMessage,
  queues,
} from '@heddle/contracts';
import { listFolder } from '../folders/list-folder.ts';
import { submitFiles } from '../folders/submit-files.ts';
import type { ProducerMetrics } from '../metrics.ts';
import { PersistentWork } from '../persistent-work.ts';
import { planJobs, planReduceJob } from './plan-jobs.ts';
import { submitJobs } from './submit-jobs.ts';

const QUEUE = 'heddle.producer';

/**
 * Turns batches into jobs, and starts the reduce job of each that is complete. A message is settled when all that it asks
 * for is confirmed: jobs, and the message for those that are left. Prefetch and chunks bound what is in memory.
 */
export async function expandBatches(
  broker: Broker,
  recorder: Pick<RecorderClient, 'ask'>,
  log: BrokerLog,
  metrics: Pick<ProducerMetrics, 'made'>,
  folders: readonly string[] = [],
): Promise<{ drain(): Promise<void> }> {
  const { publisher } = broker;
  const { maxMessageBytes } = publisher;
  const events = new EventPublisher(publisher);
  const ports = { submitter: new JobSubmitter(broker), events, folders, maxMessageBytes };
  const work = new PersistentWork(log);
  const { signal } = work;

  const serve = (delivery: Delivery): void => {
    const { message } = delivery;
    const decoded = decodeProducerMessage(message);
    work.begin(delivery, () =>
      decoded.ok
        ? produce(decoded.value)
        : setAside({ publisher, log }, 'production', message, {
            code: 'unreadable_message',
            detail: decoded.reason,
            source: QUEUE,
          }),
    );
  };

  const produce = async (message: ProducerMessage): Promise<void> => {
    if (message.type === 'wake') return;
    if (message.type === 'batch-complete') {
      await submitJobs(ports, [planReduceJob(message)], signal);
      return metrics.made('reduce', 1);
    }
    if (await isOver(message.plan.id)) return;
    if (message.type === 'list-folder') {
      return await listFolder(recorder, message.plan, folders, signal);
    }
    const { jobs, rest } = planJobs(message);
    const { files } = message.plan;
    if (files === undefined) await submitJobs(ports, jobs, signal);
    else await submitFiles(ports, files.folder, jobs, signal);
    metrics.made('batch', jobs.length);
    if (rest === undefined) return;
    const next = encodeProducerMessage(rest, `${rest.plan.id}/${rest.first}`);
    await publisher.publish('heddle.requests', 'production', next, { mandatory: true });
  };

  /** Of a batch that was cancelled or stopped no more jobs are made. Who cannot be asked does not hold up a batch. */
  const isOver = async (id: string): Promise<boolean> => {
    const batch = await recorder.ask({ op: 'batch', id }).catch(() => undefined);
    return batch !== undefined && batch.state !== 'running';
  };

  const { prefetch } = queues[QUEUE];
  const consumer = await broker.consume(QUEUE, { prefetch }, serve);
  return {
    async drain() {
      await consumer.stop();
      await work.drain();
      await consumer.close();
    },
  };
}
