import { jobQueue } from '@heddle/contracts';
import autocannon from 'autocannon';
import { echoInput } from '../echo/reference-messages.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { startReference } from '../processes/start-reference.ts';
import { startService } from '../processes/start-service.ts';
import { claimTopology, openPurger } from '../queues/claim-topology.ts';
import { waitForTask } from './wait-for-task.ts';

const TASK = 'debug.echo';
const CONNECTIONS = 64;
const SECONDS = 5;

/**
 * Accepted submits a second. Worker and recorder are stopped once the gateway knows the task: in both cases the messages
 * only gather in their queues, which are emptied between rounds, and the gateway has the machine to itself.
 */
export const submit: Benchmark = {
  name: 'submit',
  about:
    'POST /v1/jobs one at a time over 64 connections, against bare node:http with the same parse and confirms',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, [TASK]);
    const recorder = await startService(session, 'recorder');
    const consumer = await startService(session, 'consumer', { HEDDLE_TASKS: TASK });
    const gateway = await startService(session, 'gateway');
    await waitForTask(gateway.url, TASK);
    await consumer.stop();
    await recorder.stop();
    const bare = await startReference<object, string>(session, 'submit/bare-gateway.process', [
      session.amqpUrl,
    ]);
    const bareUrl = await bare.ask({});
    const purge = await openPurger(session);
    const seconds = Math.max(1, SECONDS * session.scale);
    const rate = async (url: string): Promise<number> => {
      const figure = await acceptedPerSecond(`${url}/v1/jobs`, seconds);
      await purge([jobQueue(TASK), 'heddle.events.recorder', 'heddle.events.notifier']);
      return figure;
    };
    return [
      {
        kind: 'comparison',
        name: 'submit',
        unit: 'jobs/s',
        target: 0.5,
        ours: () => rate(gateway.url),
        reference: () => rate(bareUrl),
      },
    ];
  },
};

async function acceptedPerSecond(url: string, seconds: number): Promise<number> {
  const result = await autocannon({
    url,
    method: 'POST',
    connections: CONNECTIONS,
    duration: seconds,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ task: TASK, input: echoInput(1) }),
  });
  if (result.errors > 0 || result.non2xx > 0) {
    throw new Error(
      `${url}: expected 202 only, got ${result.non2xx} other answers and ${result.errors} errors`,
    );
  }
  return result['2xx'] / result.duration;
}
