import { join } from 'node:path';
import { JobSubmitter, RecorderClient } from '@heddle/client';
import type { Benchmark, Comparison } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { waitForFinished } from '../processes/wait-for-finished.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { BareLedger } from './bare-ledger.ts';

const TASK = 'ledger.deposit';
const PARTITIONS = 4;
const DEPOSITS = 5_000;
const MANY_KEYS = 1_000;
const WINDOW = 500;

/** Deposits through queue, partition, worker and recorder, to one account and to many. */
export const ledger: Benchmark = {
  name: 'ledger',
  about:
    'ledger.deposit for one key and for many, against a loop of transactions on the same kind of database',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, [`${TASK}:${PARTITIONS}`]);
    await startService(session, 'recorder');
    await startService(session, 'consumer', { HEDDLE_TASKS: TASK });
    const broker = await openBroker(session, 'bench-ledger');
    const submitter = new JobSubmitter(broker);
    const recorder = new RecorderClient(broker);
    const bare = new BareLedger(join(session.dataFolder, 'bare.sqlite'));
    session.cleanUp.add('close the bare ledger', () => Promise.resolve(bare.close()));
    const deposits = Math.max(100, Math.round(DEPOSITS * session.scale));
    let finished = 0;
    const compare = (name: string, keys: number): Comparison => {
      const accounts = Array.from({ length: deposits }, (_, index) => `${name} ${index % keys}`);
      const submit = (index: number) =>
        submitter.submit({ task: TASK, input: { account: accounts[index] ?? '', amount: 1 } });
      return {
        kind: 'comparison',
        name,
        unit: 'deposits/s',
        target: undefined,
        ours: () =>
          ratePerSecond(deposits, async () => {
            finished += deposits;
            await keepInFlight(deposits, WINDOW, submit);
            await waitForFinished(recorder, finished);
          }),
        reference: () => ratePerSecond(deposits, () => Promise.resolve(bare.depositAll(accounts))),
      };
    };
    return [compare('ledger: one key', 1), compare(`ledger: ${MANY_KEYS} keys`, MANY_KEYS)];
  },
};
