import { Executor, JobSubmitter, RecorderClient } from '@heddle/client';
import type { Benchmark } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { waitForFinished } from '../processes/wait-for-finished.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';

const TASK = 'debug.echo';
const ITEMS = 20_000;
const CHUNK = 100;
const WINDOW = 1_000;

/** Tiny inputs whose results come back in order, a hundred in a job, against as many jobs whose results nobody waits for. */
export const map: Benchmark = {
  name: 'map',
  about: 'Executor.map of tiny items in chunks of 100, against the raw throughput of single jobs',
  warmUp: true,
  prepare: async (session) => {
    const items = Math.max(200, Math.round(ITEMS * session.scale));
    await claimTopology(session, [TASK]);
    await startService(session, 'recorder');
    await startService(session, 'consumer', { HEDDLE_TASKS: TASK });
    const broker = await openBroker(session, 'bench-map');
    const submitter = new JobSubmitter(broker);
    const recorder = new RecorderClient(broker);
    const executor = new Executor(broker);
    session.cleanUp.add('shut the executor down', () => executor.shutdown());
    const inputs = Array.from({ length: items }, (_, index) => index);
    let finished = 0;
    return [
      {
        kind: 'comparison',
        name: 'map in chunks',
        unit: 'items/s',
        target: 0.9,
        ours: async () => {
          finished += Math.ceil(items / CHUNK);
          return await ratePerSecond(items, async () => {
            let next = 0;
            for await (const result of executor.map(TASK, inputs, { chunkSize: CHUNK })) {
              if (result !== next) throw new Error(`expected ${next}, got ${JSON.stringify(result)}`);
              next += 1;
            }
            if (next !== items) throw new Error(`expected ${items} results, got ${next}`);
          });
        },
        reference: async () => {
          // Those of the map before, whose ends the recorder may not have heard of yet.
          await waitForFinished(recorder, finished);
          finished += items;
          return await ratePerSecond(items, async () => {
            await keepInFlight(items, WINDOW, (index) => submitter.submit({ task: TASK, input: index }));
            await waitForFinished(recorder, finished);
          });
        },
      },
    ];
  },
};
