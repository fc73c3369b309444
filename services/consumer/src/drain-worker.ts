import type { ControlFollower } from '@heddle/client';
import { endsWithin } from '@heddle/service';
import type { JobServer } from './jobs/job-server.ts';
import type { RunWatch } from './jobs/watch-runs.ts';
import type { WorkerPorts } from './jobs/worker-ports.ts';
import type { TaskLimiter } from './limits/limit-task.ts';
import type { TaskAnnouncer } from './presence/announce-tasks.ts';
import type { LifeSigns } from './presence/send-life-signs.ts';
import type { KeyLanes } from './serial/key-lanes.ts';
import type { KeySharing } from './serial/share-keys.ts';

/** Share of the drain time after which handlers are asked to end. */
const STOP_AFTER = 0.7;
/** Share of the drain time after which what still runs is left to another worker. */
const GIVE_UP_AFTER = 0.9;

interface DrainedParts {
  readonly servers: readonly JobServer[];
  readonly limiters: readonly TaskLimiter[];
  readonly runs: RunWatch;
  readonly announcer: TaskAnnouncer;
  readonly lifeSigns: LifeSigns;
  readonly follower: ControlFollower;
  readonly sharing: KeySharing;
  readonly lanes: KeyLanes;
  readonly worker: WorkerPorts;
}

/**
 * Ends a worker within `limitMs`: takes nothing new, hands back what has not begun, finishes what runs. Near the limit it
 * aborts the handlers' signals, and at last leaves their jobs to the broker, which gives them to another worker.
 */
export async function drainWorker(parts: DrainedParts, limitMs: number): Promise<void> {
  const { servers, limiters, runs, announcer, lifeSigns, follower, sharing, lanes, worker } = parts;
  announcer.stop();
  sharing.stop();
  await Promise.all(servers.map((server) => server.stop()));
  await Promise.all(limiters.map((limiter) => limiter.stop()));

  const idle = Promise.all(servers.map((server) => server.idle()));
  const stopTimer = setTimeout(() => runs.stopAll(), limitMs * STOP_AFTER);
  const finished = await endsWithin(limitMs * GIVE_UP_AFTER, idle);
  clearTimeout(stopTimer);
  if (!finished) worker.log.warn({ running: runs.running }, 'jobs still run: they go back to their queues');

  runs.close();
  lanes.close();
  await Promise.all(servers.map((server) => server.close()));
  await Promise.all(limiters.map((limiter) => limiter.close()));
  await follower.stop();
  await lifeSigns.stop();
  await worker.events.flush();
}
