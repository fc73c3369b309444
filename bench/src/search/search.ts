import { join } from 'node:path';
import { RecorderClient } from '@heddle/client';
import type { JobFilter } from '@heddle/contracts';
import type { Benchmark } from '../harness/benchmark.ts';
import { percentile } from '../harness/median.ts';
import { startService } from '../processes/start-service.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { fillDatabase, filled } from './fill-database.ts';

const JOBS = 1_000_000;
const LIMIT_MS = 50;
const PAGE = 50;
/** Searches of each kind in a round, each with other values. */
const SEARCHES = 40;

/** Every filter alone, and combinations that people use; the number picks the values. */
const kinds: Readonly<Record<string, (number: number) => JobFilter>> = {
  'no filter': () => ({}),
  task: (n) => ({ task: `bench.task-${n % filled.tasks}` }),
  'state, common': () => ({ state: 'succeeded' }),
  'state, rare': () => ({ state: 'dead' }),
  'state of no job': () => ({ state: 'cancelled' }),
  tag: (n) => ({ tag: `tag-${(n * 13) % filled.tags}` }),
  error: (n) => ({ error: `error_${n % filled.errors}` }),
  since: (n) => ({ since: filled.newestAt - n * 1_000_000 }),
  until: (n) => ({ until: filled.newestAt - n * 1_000_000 }),
  'task and state': (n) => ({ task: `bench.task-${n % filled.tasks}`, state: 'failed' }),
  'tag and task': (n) => ({
    tag: `tag-${(n * 13) % filled.tags}`,
    task: `bench.task-${(n * 7) % filled.tasks}`,
  }),
  'all at once': (n) => ({
    task: `bench.task-${n % filled.tasks}`,
    state: 'failed',
    tag: `tag-${n % filled.tags}`,
    error: `error_${n % filled.errors}`,
    since: filled.newestAt - 200_000_000,
    until: filled.newestAt,
  }),
};

/** How long an answer takes that the recorder gives over AMQP, the slowest of twenty, with a million jobs. */
export const search: Benchmark = {
  name: 'search',
  about: "95th percentile of the recorder's answers to a search of each kind, with a million jobs in SQLite",
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, []);
    await (await startService(session, 'recorder')).stop();
    session.say('filling a database; at full scale this takes about half a minute');
    fillDatabase(join(session.dataFolder, 'recorder.db'), Math.round(JOBS * session.scale));
    await startService(session, 'recorder');
    const recorder = new RecorderClient(await openBroker(session, 'bench-search'));
    return Object.entries(kinds).map(([kind, filterOf]) => ({
      kind: 'limit',
      name: `search: ${kind}`,
      unit: 'ms',
      limit: LIMIT_MS,
      ours: async () => {
        const times: number[] = [];
        for (let number = 0; number < SEARCHES; number += 1) {
          const asked = performance.now();
          await recorder.ask({ op: 'jobs', filter: filterOf(number), limit: PAGE });
          times.push(performance.now() - asked);
        }
        return percentile(times, 0.95);
      },
    }));
  },
};
