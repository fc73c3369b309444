import type { Benchmark, BenchSession, Comparison } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { type ReferenceProcess, startReference } from '../processes/start-reference.ts';
import { startService } from '../processes/start-service.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { waitForTask } from '../submit/wait-for-task.ts';
import { GatewayCalls } from './gateway-calls.ts';
import { InProcessTools } from './in-process-tools.ts';
import { ReferenceThreads } from './reference-threads.ts';
import { SharedObjects } from './shared-objects.ts';
import { ToolboxCalls } from './toolbox-calls.ts';

const TASK = 'debug.echo';
const OWN_TASKS = ['bench.thread', 'bench.process', 'bench.output'] as const;
const TASKS = [TASK, 'debug.sleep', ...OWN_TASKS];
const CALLS = 500;
const GATHERED = 500;
const WAITS_MS = 100;
const SHARED_BYTES = 1024 * 1024;

/** What each tool of one process costs, and what does its job here: the figures of docs/concurrency.md. */
export const concurrency: Benchmark = {
  name: 'concurrency',
  about: 'calls, gathers, outputs and objects of the toolbox, against pools, locks and queues in one process',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, TASKS);
    await startService(session, 'recorder');
    const module = new URL('./tool-tasks.process.js', import.meta.url).pathname;
    await startService(session, 'consumer', { HEDDLE_TASKS: `${TASK},debug.sleep,${module}` });
    const { url } = await startService(session, 'gateway');
    for (const task of TASKS) await waitForTask(url, task);
    return measurements(session.scale, {
      gateway: new GatewayCalls(url),
      toolbox: await ToolboxCalls.open(session, TASK),
      shared: await SharedObjects.open(session),
      threads: await ReferenceThreads.start(session),
      child: await startReference(session, 'concurrency/reference-child.process', []),
      inProcess: new InProcessTools(),
    });
  },
};

interface Tools {
  readonly gateway: GatewayCalls;
  readonly toolbox: ToolboxCalls;
  readonly shared: SharedObjects;
  readonly threads: ReferenceThreads;
  readonly child: ReferenceProcess<{ readonly echo: unknown }, unknown>;
  readonly inProcess: InProcessTools;
}

function measurements(scale: BenchSession['scale'], tools: Tools): Comparison[] {
  const { gateway, toolbox, shared, threads, child, inProcess } = tools;
  const scaled = (count: number) => Math.max(1, Math.round(count * scale));
  const calls = scaled(CALLS);
  const gathered = scaled(GATHERED);
  const list = Array.from({ length: gathered }, (_, n) => n);
  const comparison = (name: string, unit: string, count: number, work: Work): Comparison => ({
    kind: 'comparison',
    name,
    unit,
    target: undefined,
    ours: () => ratePerSecond(count, work.ours),
    reference: () => ratePerSecond(count, work.reference),
  });
  /** So many of both, at most `window` at once. */
  const each = (name: string, unit: string, count: number, window: number, work: EachWork): Comparison =>
    comparison(name, unit, count, {
      ours: () => keepInFlight(count, window, work.ours),
      reference: () => keepInFlight(count, window, work.reference),
    });
  const inThread = (n: number) => threads.call({ echo: n });
  return [
    each('one call after the other', 'calls/s', calls, 1, {
      ours: (n) => gateway.call(n),
      reference: inThread,
    }),
    each('64 calls at once', 'calls/s', 8 * calls, 64, { ours: (n) => gateway.call(n), reference: inThread }),
    each('thread pool: one future after the other', 'calls/s', calls, 1, {
      ours: (n) => toolbox.call(n, 'bench.thread'),
      reference: inThread,
    }),
    each('process pool: one future after the other', 'calls/s', calls, 1, {
      ours: (n) => toolbox.call(n, 'bench.process'),
      reference: (n) => child.ask({ echo: n }),
    }),
    comparison(`event loop: ${gathered} waits of ${WAITS_MS} ms at once`, 'waits/s', gathered, {
      ours: () =>
        gateway.gather(
          list.map(() => ({ ms: WAITS_MS })),
          'debug.sleep',
        ),
      reference: () => keepInFlight(gathered, gathered, () => inProcess.wait(WAITS_MS)),
    }),
    each('one future after the other', 'calls/s', calls, 1, {
      ours: (n) => toolbox.call(n),
      reference: inThread,
    }),
    each('one callback after the other', 'calls/s', calls, 1, {
      ours: (n) => toolbox.callBack(n),
      reference: inThread,
    }),
    each('1,000 futures at once', 'calls/s', 20 * calls, 1_000, {
      ours: (n) => toolbox.call(n),
      reference: inThread,
    }),
    comparison('map with 100 inputs a job', 'calls/s', 100 * calls, {
      ours: () => toolbox.map(100 * calls, 100),
      reference: () => keepInFlight(100 * calls, 1_000, inThread),
    }),
    comparison(`gather of ${gathered}`, 'calls/s', gathered, {
      ours: () => gateway.gather(list),
      reference: () => keepInFlight(gathered, gathered, inThread),
    }),
    each('lock: acquire and release', 'turns/s', calls, 1, {
      ours: () => shared.lockAndUnlock(),
      reference: () => inProcess.lockAndUnlock(),
    }),
    each('lock with 16 waiting', 'turns/s', calls, 16, {
      ours: () => shared.lockAndUnlock(),
      reference: () => inProcess.lockAndUnlock(),
    }),
    comparison('condition: wait and notify', 'wake-ups/s', calls, {
      ours: () => shared.handOver(calls),
      reference: () => inProcess.handOver(calls),
    }),
    each('queue: put and get', 'items/s', calls, 1, {
      ours: (n) => shared.putAndGet(n),
      reference: (n) => inProcess.putAndGet(n),
    }),
    each('priority queue: put and get', 'items/s', calls, 1, {
      ours: (n) => shared.putAndGetLowest(n),
      reference: (n) => inProcess.putAndGetLowest(n),
    }),
    each('shared memory: 1 MiB written there, read here', 'MiB/s', scaled(CALLS / 5), 1, {
      ours: () => gateway.output(SHARED_BYTES),
      reference: () => threads.call({ fill: new SharedArrayBuffer(SHARED_BYTES) }),
    }),
  ];
}

interface Work {
  readonly ours: () => Promise<unknown>;
  readonly reference: () => Promise<unknown>;
}

interface EachWork {
  readonly ours: (index: number) => Promise<unknown>;
  readonly reference: (index: number) => Promise<unknown>;
}
