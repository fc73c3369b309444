import { Agent, request } from 'node:http';
import { echoInput } from '../echo/reference-messages.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { median } from '../harness/median.ts';
import { startService } from '../processes/start-service.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { waitForTask } from '../submit/wait-for-task.ts';
import { startRoundTrips } from './bare-round-trip.ts';

const TASK = 'debug.echo';
const REQUESTS = 300;
const MOST_ABOVE_MS = 5;

/** The median time of one job at a time from request to result, nothing else going on. */
export const wait: Benchmark = {
  name: 'wait',
  about:
    'POST /v1/jobs with Prefer: wait, one at a time when idle, against a bare AMQP request and its reply',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, [TASK]);
    await startService(session, 'recorder');
    await startService(session, 'consumer', { HEDDLE_TASKS: TASK });
    const gateway = await startService(session, 'gateway');
    await waitForTask(gateway.url, TASK);
    const agent = new Agent({ keepAlive: true });
    session.cleanUp.add('close the HTTP connection', () => agent.destroy());
    const roundTrip = await startRoundTrips(session);
    const count = Math.max(20, Math.round(REQUESTS * session.scale));
    return [
      {
        kind: 'limit',
        name: 'wait',
        unit: 'ms',
        limit: MOST_ABOVE_MS,
        above: 'reference',
        ours: () => medianOf(count, (index) => postAndWait(agent, `${gateway.url}/v1/jobs`, index)),
        reference: () => medianOf(count, roundTrip),
      },
    ];
  },
};

async function medianOf(count: number, once: (index: number) => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const began = performance.now();
    await once(index);
    times.push(performance.now() - began);
  }
  return median(times);
}

/** By node:http, whose own share of the time is smaller than that of `fetch`. */
function postAndWait(agent: Agent, url: string, index: number): Promise<void> {
  const body = JSON.stringify({ task: TASK, input: echoInput(index) });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    prefer: 'wait=10',
  };
  return new Promise((resolve, reject) => {
    const posted = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`expected 200, got ${response.statusCode}`));
      });
    });
    posted.once('error', reject);
    posted.end(body);
  });
}
