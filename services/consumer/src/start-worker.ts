import { availableParallelism } from 'node:os';
import { EventPublisher } from '@heddle/broker';
import { RecorderClient, type Task } from '@heddle/client';
import type { RunningService, ServiceContext } from '@heddle/service';
import { drainWorker } from './drain-worker.ts';
import { TaskServer } from './jobs/serve-task.ts';
import { RunWatch } from './jobs/watch-runs.ts';
import type { WorkerPorts } from './jobs/worker-ports.ts';
import { openPool } from './pools/open-pool.ts';
import { TaskAnnouncer } from './presence/announce-tasks.ts';
import { LifeSigns } from './presence/send-life-signs.ts';
import { selectTasks } from './registry/select-tasks.ts';
import type { ConsumerSettings } from './settings.ts';

const EVENT_LOOP_SLOTS = 100;

/** How many jobs of a task run at once here. */
function slotsOf(task: Task): number {
  return task.concurrency ?? (task.pool === 'event-loop' ? EVENT_LOOP_SLOTS : availableParallelism());
}

/** A worker: a pool and a consumer for each of its tasks, and word of it to the rest of the system. */
export async function startWorker(context: ServiceContext<ConsumerSettings>): Promise<RunningService> {
  const { settings, log, metrics, instance, broker } = context;
  const tasks = await selectTasks(settings.HEDDLE_TASKS);
  const worker: WorkerPorts = {
    name: instance,
    log,
    publisher: broker.publisher,
    publishLater: (...job) => broker.publishLater(...job),
    events: new EventPublisher(broker.publisher),
  };
  const runs = new RunWatch(worker);
  const servers = [...tasks.values()].map((registered) => {
    const { task } = registered;
    const slots = slotsOf(task);
    const pool = openPool(registered, {
      slots,
      log,
      memoryBytes: settings.HEDDLE_PROCESS_MEMORY_MB * 1024 * 1024,
      jobsPerProcess: settings.HEDDLE_PROCESS_JOBS,
      maxOutputBytes: settings.HEDDLE_MAX_MESSAGE_BYTES,
    });
    return new TaskServer({ task, pool, metrics: metrics.forTask(task.name), runs, worker }, slots);
  });

  const definitions = [...tasks.values()].map(({ task }) => task);
  const announcer = new TaskAnnouncer(broker, new RecorderClient(broker), definitions, log);
  const lifeSigns = new LifeSigns(
    broker.publisher,
    { name: instance, tasks: [...tasks.keys()], running: () => runs.running },
    log,
  );
  await Promise.all(servers.map((server) => server.start(broker)));
  announcer.start();
  lifeSigns.start();
  return {
    drain: () =>
      drainWorker({ servers, runs, announcer, lifeSigns, worker }, settings.HEDDLE_DRAIN_SECONDS * 1_000),
  };
}
