import type { Benchmark, BenchSession, Comparison } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { waitForTask } from '../submit/wait-for-task.ts';
import { GatewayCalls } from './gateway-calls.ts';
import { InProcessTools } from './in-process-tools.ts';
import { ReferenceThreads } from './reference-threads.ts';
import { ToolboxCalls } from './toolbox-calls.ts';

const TASK = 'debug.echo';
const CALLS = 500;
const GATHERED = 500;

/** What each tool of one process costs, and what does its job here: the figures of docs/concurrency.md. */
export const concurrency: Benchmark = {
  name: 'concurrency',
  about: 'calls and gathers through gateway, broker and worker, against a pool of threads in one process',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, [TASK]);
    await startService(session, 'recorder');
    await startService(session, 'consumer', { HEDDLE_TASKS: TASK });
    const { url } = await startService(session, 'gateway');
    await waitForTask(url, TASK);
    const threads = await ReferenceThreads.start(session);
    const toolbox = await ToolboxCalls.open(session, TASK);
    return measurements(session, new GatewayCalls(url), threads, toolbox);
  },
};

function measurements(
  session: BenchSession,
  gateway: GatewayCalls,
  threads: ReferenceThreads,
  toolbox: ToolboxCalls,
): Comparison[] {
  const scaled = (count: number) => Math.max(1, Math.round(count * session.scale));
  const calls = scaled(CALLS);
  const gathered = scaled(GATHERED);
  const comparison = (name: string, unit: string, count: number, work: Work): Comparison => ({
    kind: 'comparison',
    name,
    unit,
    target: undefined,
    ours: () => ratePerSecond(count, work.ours),
    reference: () => ratePerSecond(count, work.reference),
  });
  const inProcess = new InProcessTools();
  return [
    comparison('one call after the other', 'calls/s', calls, {
      ours: () => keepInFlight(calls, 1, (n) => gateway.call(n)),
      reference: () => keepInFlight(calls, 1, (n) => threads.call({ echo: n })),
    }),
    comparison('64 calls at once', 'calls/s', 8 * calls, {
      ours: () => keepInFlight(8 * calls, 64, (n) => gateway.call(n)),
      reference: () => keepInFlight(8 * calls, 64, (n) => threads.call({ echo: n })),
    }),
    comparison('one future after the other', 'calls/s', calls, {
      ours: () => keepInFlight(calls, 1, (n) => toolbox.call(n)),
      reference: () => keepInFlight(calls, 1, (n) => threads.call({ echo: n })),
    }),
    comparison('1,000 futures at once', 'calls/s', 20 * calls, {
      ours: () => keepInFlight(20 * calls, 1_000, (n) => toolbox.call(n)),
      reference: () => keepInFlight(20 * calls, 1_000, (n) => threads.call({ echo: n })),
    }),
    comparison('map with 100 inputs a job', 'calls/s', 100 * calls, {
      ours: () => toolbox.map(100 * calls, 100),
      reference: () => keepInFlight(100 * calls, 1_000, (n) => threads.call({ echo: n })),
    }),
    comparison('lock: acquire and release', 'turns/s', calls, {
      ours: () => keepInFlight(calls, 1, () => toolbox.lockAndUnlock()),
      reference: () => keepInFlight(calls, 1, () => inProcess.lockAndUnlock()),
    }),
    comparison('lock with 16 waiting', 'turns/s', calls, {
      ours: () => keepInFlight(calls, 16, () => toolbox.lockAndUnlock()),
      reference: () => keepInFlight(calls, 16, () => inProcess.lockAndUnlock()),
    }),
    comparison('queue: put and get', 'items/s', calls, {
      ours: () => keepInFlight(calls, 1, (n) => toolbox.putAndGet(n)),
      reference: () => keepInFlight(calls, 1, (n) => inProcess.putAndGet(n)),
    }),
    comparison(`gather of ${gathered}`, 'calls/s', gathered, {
      ours: () => gateway.gather(Array.from({ length: gathered }, (_, n) => n)),
      reference: () => keepInFlight(gathered, gathered, (n) => threads.call({ echo: n })),
    }),
  ];
}

interface Work {
  readonly ours: () => Promise<unknown>;
  readonly reference: () => Promise<unknown>;
}
