import type { Benchmark } from '../harness/benchmark.ts';
import { residentMegabytes } from '../processes/measure-memory.ts';
import { type ServiceName, startService } from '../processes/start-service.ts';
import { builtInTasks } from '../queues/built-in-tasks.ts';
import { claimTopology } from '../queues/claim-topology.ts';

const LIMIT_MB = 120;
/** Long enough for what is done once after start (announcements, snapshots) and for the young heap to be collected. */
const IDLE_MS = 8_000;
const services: readonly ServiceName[] = ['recorder', 'consumer', 'producer', 'notifier', 'gateway'];

/** Resident memory of each service and of all processes that it has started, idle. */
export const memory: Benchmark = {
  name: 'memory',
  about: 'resident memory of each service with its child processes, idle after start',
  warmUp: false,
  prepare: async (session) => {
    await claimTopology(session, builtInTasks);
    const running = [];
    for (const name of services) running.push(await startService(session, name));
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS * Math.max(session.scale, 0.1)));
    return running.map(({ name, pid }) => ({
      kind: 'limit',
      name: `memory ${name}`,
      unit: 'MB',
      limit: LIMIT_MB,
      ours: async () => (await residentMegabytes(pid)).tree,
    }));
  },
};
