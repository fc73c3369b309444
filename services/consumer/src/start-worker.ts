import { EventPublisher } from '@heddle/broker';
import { ControlFollower, KnownControl, RecorderClient } from '@heddle/client';
import { jobQueue } from '@heddle/contracts';
import { asBadSetting, type RunningService, type ServiceContext } from '@heddle/service';
import { drainWorker } from './drain-worker.ts';
import { emptyOldLanes } from './fair/empty-old-lanes.ts';
import { FairLanes } from './fair/fair-lanes.ts';
import { measureLanes } from './fair/measure-lanes.ts';
import { keepModel } from './inference/keep-model.ts';
import { Guards } from './jobs/ask-owner.ts';
import { Interruptions } from './jobs/explain-redelivery.ts';
import type { JobServer } from './jobs/job-server.ts';
import { TaskServer } from './jobs/serve-task.ts';
import { Followers } from './jobs/tell-followers.ts';
import { RunWatch } from './jobs/watch-runs.ts';
import type { WorkerPorts } from './jobs/worker-ports.ts';
import { TaskLimiter } from './limits/limit-task.ts';
import { measureLimits } from './limits/measure-limits.ts';
import { measurePools } from './pools/measure-pools.ts';
import { openPool } from './pools/open-pool.ts';
import type { PoolOptions } from './pools/pool.ts';
import { ProcessPool } from './pools/process-pool.ts';
import { TaskAnnouncer } from './presence/announce-tasks.ts';
import { LifeSigns } from './presence/send-life-signs.ts';
import { countSlots } from './registry/count-slots.ts';
import { listErrorCodes } from './registry/list-error-codes.ts';
import type { RegisteredTask } from './registry/load-tasks.ts';
import { selectTasks } from './registry/select-tasks.ts';
import { KeyLanes } from './serial/key-lanes.ts';
import { KnownWorkers } from './serial/known-workers.ts';
import { SerialTaskServer } from './serial/serve-serial-task.ts';
import { KeySharing } from './serial/share-keys.ts';
import { Slots } from './serial/slots.ts';
import type { ConsumerSettings } from './settings.ts';

/** A worker: a pool and a consumer for each of its tasks, and word of it to the rest of the system. */
export async function startWorker(context: ServiceContext<ConsumerSettings>): Promise<RunningService> {
  const { settings, log, metrics, instance, broker } = context;
  const tasks = await selectTasks(settings.HEDDLE_TASKS).catch(asBadSetting('HEDDLE_TASKS'));
  const recorder = new RecorderClient(broker);
  const worker: WorkerPorts = {
    name: instance,
    log,
    publisher: broker.publisher,
    recorder,
    publishLater: (...job) => broker.publishLater(...job),
    events: new EventPublisher(broker.publisher),
    followers: new Followers(broker.publisher, log),
  };
  const guardAfterMs = settings.HEDDLE_GUARD_AFTER;
  const runs = new RunWatch(worker, guardAfterMs);
  const guards = new Guards({
    publisher: broker.publisher,
    log,
    afterMs: guardAfterMs,
    isRunningHere: (run) => runs.has(run),
  });
  const control = new KnownControl();
  const poolOptions: PoolOptions = {
    slots: 1,
    log,
    memoryBytes: settings.HEDDLE_PROCESS_MEMORY_MB * 1024 * 1024,
    jobsPerProcess: settings.HEDDLE_PROCESS_JOBS,
    maxOutputBytes: settings.HEDDLE_MAX_MESSAGE_BYTES,
  };
  const lanes = new KeyLanes(worker);
  const workers = new KnownWorkers(instance, [...tasks.keys()]);
  /** One for a serial task. Two for each other: for its jobs in the pool that it asks for, and for suspects, one after the other, in a child process. */
  const serversOf = (registered: RegisteredTask): JobServer[] => {
    const { task } = registered;
    const slots = countSlots(task, settings.HEDDLE_CONCURRENCY);
    const limiter = task.limit && new TaskLimiter({ broker, log, task, slots, renewMs: guardAfterMs });
    if (limiter) limiters.push(limiter);
    // Of jobs at the same time: who has none of the rights neither runs nor sees any.
    const othersServe = () => limiter !== undefined && !limiter.isRated && limiter.room === 0;
    const fairLanes = task.fair && new FairLanes({ broker, worker, task, othersServe });
    if (fairLanes) fair.push(fairLanes);
    const service = {
      task,
      metrics: metrics.forTask(task.name, listErrorCodes(task)),
      runs,
      control,
      interruptions: new Interruptions(broker, jobQueue(task.name)),
      worker,
      limiter,
      guards,
    };
    const pool = openPool(registered, { ...poolOptions, slots });
    const isolation = new ProcessPool(registered, poolOptions);
    if (task.serial) {
      const serial = { ...service, pool, isolation, isolated: false };
      const slotsOfTask = { slots: new Slots(slots), isolationSlots: new Slots(1) };
      return [new SerialTaskServer({ ...serial, ...slotsOfTask }, lanes, workers)];
    }
    // Suspects are few: where both share the permits, they are asked first.
    return [
      new TaskServer({ ...service, pool: isolation, isolated: true }, 1),
      new TaskServer({ ...service, pool, lanes: fairLanes, isolated: false }, slots),
    ];
  };
  const limiters: TaskLimiter[] = [];
  const fair: FairLanes[] = [];
  const servers = [...tasks.values()].flatMap(serversOf);
  measurePools(metrics.meters, () => servers.map((server) => server.load));
  measureLanes(metrics.meters, () => fair.map((one) => one.counts()));
  measureLimits(metrics.meters, () => limiters.flatMap((limiter) => limiter.tokens()));

  const definitions = [...tasks.values()].map(({ task }) => task);
  const announcer = new TaskAnnouncer(broker, recorder, definitions, log);
  const lifeSigns = new LifeSigns(
    broker.publisher,
    { name: instance, tasks: [...tasks.keys()], running: () => runs.running },
    log,
  );
  const sharing = new KeySharing({
    workers,
    servers: servers.filter((server) => server instanceof SerialTaskServer),
    lifeSigns,
  });
  const follower = new ControlFollower({
    broker,
    recorder,
    control,
    log,
    onChange: () => {
      runs.stopCancelled((job) => control.whyCancelled(job));
      for (const server of servers) void server.setPaused(control.isPaused(server.task));
    },
    onOther: (news) => {
      guards.hear(news);
      if (news.type === 'worker') sharing.hear(news);
      if (news.type !== 'recall-tokens') return;
      for (const limiter of limiters) limiter.recall(news.limit);
    },
  });
  const endModel = await keepModel(tasks, settings, log);
  await follower.start(instance);
  await Promise.all(servers.map((server) => server.start(broker)));
  await Promise.all(limiters.map((limiter) => limiter.start()));
  announcer.start();
  sharing.start();
  lifeSigns.start();
  const oldLanes = Promise.all(
    definitions.map((task) => emptyOldLanes(broker, worker, task.name, task.fair?.lanes ?? 0)),
  ).catch((error: unknown) => {
    log.debug({ err: error }, 'whether there are lanes that no task has any more could not be asked');
    return [];
  });
  return {
    drain: async () => {
      for (const old of await oldLanes) await old.close();
      const limitMs = settings.HEDDLE_DRAIN_SECONDS * 1_000;
      await drainWorker(
        { servers, limiters, runs, announcer, follower, sharing, lanes, lifeSigns, worker },
        limitMs,
      );
      await endModel();
    },
  };
}
