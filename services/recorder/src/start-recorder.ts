import type { Broker, BrokerLog } from '@heddle/broker';
import { queues } from '@heddle/contracts';
import type { Meters, RunningService } from '@heddle/service';
import { RequestAnswerer } from './answer-requests.ts';
import { StateCommitter } from './commit-in-groups.ts';
import { requestHandler } from './handle-request.ts';
import { keepEventLog } from './keep-event-log.ts';
import { createRecorderMetrics } from './metrics.ts';
import { OutboxPublisher } from './publish-outbox.ts';
import { DeliveryRecorder } from './record-deliveries.ts';
import { readTaskNames } from './store/announce-tasks.ts';
import { openStore } from './store/open-database.ts';
import { BatchWriter } from './store/record-batch.ts';
import { EndingSweeper } from './sweep-endings.ts';
import { RetentionSweeper } from './sweep-old-jobs.ts';
import { WaiterSweeper } from './sweep-waiters.ts';
import { SyncKeeper } from './sync/meet-in-groups.ts';
import { SessionWatch } from './sync/watch-sessions.ts';
import { EventWatch } from './wait-for-events.ts';
import { QueueWatch } from './watch-queues.ts';

export interface RecorderOptions {
  readonly broker: Broker;
  readonly log: BrokerLog;
  readonly meters: Meters;
  readonly database: { readonly url?: string | undefined; readonly folder: string };
  readonly retentionMs: number;
}

/** How long a read waits for the transaction that is under way. */
const CATCH_UP_MS = 250;

/** Opens the database, then the event log, then the two queues. */
export async function startRecorder({
  broker,
  log,
  meters,
  database,
  retentionMs,
}: RecorderOptions): Promise<RunningService> {
  const metrics = createRecorderMetrics(meters);
  const store = await openStore({
    ...database,
    onError: (error) => log.warn({ err: error }, 'a database connection broke'),
  });
  metrics.known(await readTaskNames(store.db));
  const writer = new BatchWriter(store);
  const outbox = new OutboxPublisher(store, broker, log);
  const onOutgoing = () => outbox.nudge();
  const onTasks = (tasks: readonly string[]) => metrics.known(tasks);
  const recorder = new DeliveryRecorder(writer, metrics, log, (refused) => {
    if (refused > 0 || writer.events.takeHasOutgoing()) onOutgoing();
  });
  const syncKeeper = new SyncKeeper(store, broker.publisher, log);
  const sessions = new SessionWatch(store.db, broker, syncKeeper, log);
  const answerer = new RequestAnswerer(
    store,
    requestHandler({
      store,
      events: writer.events,
      states: new StateCommitter(store, writer.events, onOutgoing),
      watch: new EventWatch(broker, recorder, store.shared),
      sync: syncKeeper,
      caughtUp: () => recorder.caughtUp(CATCH_UP_MS),
      maxMessageBytes: broker.publisher.maxMessageBytes,
      onOutgoing,
      onTasks,
    }),
    broker.publisher,
    metrics,
    log,
    onOutgoing,
  );
  const sweeper = new RetentionSweeper(store, retentionMs, metrics, log);

  const queueWatch = new QueueWatch({ store, broker, meters, log, onTasks });
  const endings = new EndingSweeper(store, writer.events, log, onOutgoing);
  const waiters = new WaiterSweeper(store, log, onOutgoing);
  const eventLog = await keepEventLog(broker, store.db, log);
  await outbox.start();
  sweeper.start();
  endings.start();
  queueWatch.start();
  sessions.start();
  waiters.start();
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
      await Promise.all([
        recorder.drain(),
        answerer.drain(),
        sweeper.stop(),
        endings.stop(),
        queueWatch.stop(),
        sessions.stop(),
        waiters.stop(),
      ]);
      await syncKeeper.drain();
      await Promise.all([events.close(), queries.close()]);
      await outbox.stop();
      await store.db.destroy();
    },
  };
}
