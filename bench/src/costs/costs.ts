import { RecorderClient } from '@heddle/client';
import autocannon from 'autocannon';
import { echoInput } from '../echo/reference-messages.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { processorSeconds } from '../processes/processor-seconds.ts';
import { type ServiceName, startService } from '../processes/start-service.ts';
import { waitForFinished } from '../processes/wait-for-finished.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { waitForTask } from '../submit/wait-for-task.ts';

const TASK = 'debug.echo';
const JOBS = 10_000;
const CONNECTIONS = 64;
const SERVICES: readonly ServiceName[] = ['gateway', 'consumer', 'recorder', 'notifier'];

/**
 * Processor time that each service spends on one small job, submitted over HTTP one at a time and recorded in SQLite. A core
 * does a million divided by it a second: what the operator's guide sizes by. Unlike rates it hardly depends on what else runs.
 */
export const costs: Benchmark = {
  name: 'costs',
  about: 'processor time of each service for one debug.echo job over HTTP',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, [TASK]);
    const started = await Promise.all(
      SERVICES.map((name) => startService(session, name, name === 'consumer' ? { HEDDLE_TASKS: TASK } : {})),
    );
    const url = started.find(({ name }) => name === 'gateway')?.url ?? '';
    await waitForTask(url, TASK);
    const recorder = new RecorderClient(await openBroker(session, 'bench-costs'));
    const jobs = Math.max(200, Math.round(JOBS * session.scale));
    let finished = 0;
    const send = async (): Promise<void> => {
      finished += jobs;
      await post(`${url}/v1/jobs`, jobs);
      await waitForFinished(recorder, finished);
    };
    return started.map(({ name, ops }) => ({
      kind: 'limit',
      name: `costs ${name}`,
      unit: 'µs/job',
      limit: undefined,
      ours: async () => {
        const before = await processorSeconds(ops);
        await send();
        return (1e6 * ((await processorSeconds(ops)) - before)) / jobs;
      },
    }));
  },
};

async function post(url: string, amount: number): Promise<void> {
  const result = await autocannon({
    url,
    amount,
    method: 'POST',
    connections: CONNECTIONS,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ task: TASK, input: echoInput(1) }),
  });
  if (result['2xx'] !== amount) throw new Error(`expected ${amount} jobs accepted, got ${result['2xx']}`);
}
