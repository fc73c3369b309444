import type { Broker, BrokerLog } from '@heddle/broker';
import { queues } from '@heddle/contracts';
import type { RunningService } from '@heddle/service';
import type { Registry } from 'prom-client';
import { RequestAnswerer } from './answer-requests.ts';
import { requestHandler } from './handle-request.ts';
import { keepEventLog } from './keep-event-log.ts';
import { createRecorderMetrics } from './metrics.ts';
import { OutboxPublisher } from './publish-outbox.ts';
import { DeliveryRecorder } from './record-deliveries.ts';
import { openStore } from './store/open-database.ts';
import { BatchWriter } from './store/record-batch.ts';
import { EndingSweeper } from './sweep-endings.ts';
import { RetentionSweeper } from './sweep-old-jobs.ts';
import { EventWatch } from './wait-for-events.ts';

export interface RecorderOptions {
  readonly broker: Broker;
  readonly log: BrokerLog;
  readonly registry: Registry;
  readonly database: { readonly url?: string | undefined; readonly folder: string };
  readonly retentionMs: number;
}

/** Opens the database, then the event log, then the two queues. */
export async function startRecorder({
  broker,
  log,
  registry,
  database,
  retentionMs,
}: RecorderOptions): Promise<RunningService> {
  const metrics = createRecorderMetrics(registry);
  const store = await openStore({
    ...database,
    onError: (error) => log.warn({ err: error }, 'a database connection broke'),
  });
  const writer = new BatchWriter(store);
  const outbox = new OutboxPublisher(store, broker, log);
  const onOutgoing = () => outbox.nudge();
  const recorder = new DeliveryRecorder(writer, metrics, log, (refused) => {
    if (refused > 0 || writer.events.takeHasOutgoing()) onOutgoing();
  });
  const answerer = new RequestAnswerer(
    store,
    requestHandler({
      store,
      events: writer.events,
      watch: new EventWatch(broker, recorder, store.shared),
      maxMessageBytes: broker.publisher.maxMessageBytes,
      onOutgoing,
    }),
    broker.publisher,
    log,
    onOutgoing,
  );
  const sweeper = new RetentionSweeper(store, retentionMs, metrics, log);

  const endings = new EndingSweeper(store, writer.events, log, onOutgoing);
  const eventLog = await keepEventLog(broker, store.db, log);
  await outbox.start();
  sweeper.start();
  endings.start();
  const events = await broker.consume(
    'heddle.events.recorder',
    { prefetch: queues['heddle.events.recorder'].prefetch },
    (delivery) => recorder.take(delivery),
  );
  const queries = await broker.consume(
    'heddle.queries',
    { prefetch: queues['heddle.queries'].prefetch },
    (delivery) => answerer.take(delivery),
  );

  return {
    notReady: () => (recorder.trouble === undefined ? [] : [recorder.trouble]),
    async drain() {
      await Promise.all([events.stop(), queries.stop()]);
      eventLog.stop();
      await Promise.all([recorder.drain(), answerer.drain(), sweeper.stop(), endings.stop()]);
      await Promise.all([events.close(), queries.close()]);
      await outbox.stop();
      await store.db.destroy();
    },
  };
}
