import { Agent, request } from 'node:http';
import type { Benchmark, BenchSession } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { median } from '../harness/median.ts';
import { startReference } from '../processes/start-reference.ts';
import { type ServiceProcess, startService } from '../processes/start-service.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { waitForTask } from '../submit/wait-for-task.ts';
import { makePicture } from './make-picture.ts';

const TASK = 'image.classify';
const REQUESTS = 1_000;
const AT_ONCE = 64;
/** One after the other, while nothing else happens. */
const IDLE_REQUESTS = 100;
const POLLED_REQUESTS = 12;

/**
 * `POST /v1/predict`: the rate at 64 requests at once with and without gathering pictures into one run of the model, and the
 * latency of single requests beside a design in which everybody polls.
 */
export const predict: Benchmark = {
  name: 'predict',
  about: 'predictions over HTTP: gathered against one at a time, and against polling every 250 ms',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, [TASK]);
    await startService(session, 'recorder');
    const gateway = await startService(session, 'gateway', { HEDDLE_MAX_PREDICTIONS: String(2 * AT_ONCE) });
    const useWorker = oneWorker(session);
    await useWorker('32');
    await waitForTask(gateway.url, TASK);
    const picture = await makePicture();
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    session.cleanUp.add('close connections', () => agent.destroy());
    const ask = () => timedPost(agent, `${gateway.url}/v1/predict`, picture);
    const requests = Math.max(AT_ONCE, Math.round(REQUESTS * session.scale));

    const loaded = (most: string) => async () => {
      await useWorker(most);
      await ask();
      const latencies: number[] = [];
      const rate = await ratePerSecond(requests, () =>
        keepInFlight(requests, AT_ONCE, async () => latencies.push(await ask())),
      );
      session.say(`predict: at most ${most} in a run: ${describe(latencies)}`);
      return rate;
    };
    const idle = async () => {
      await useWorker('32');
      const latencies: number[] = [];
      const count = Math.max(5, Math.round(IDLE_REQUESTS * session.scale));
      for (let index = 0; index < count; index += 1) latencies.push(await ask());
      session.say(`predict, idle: ${describe(latencies)}`);
      return 1_000 / median(latencies);
    };
    const polling = await startReference<{ requests: number }, number[]>(
      session,
      'predict/polling.process',
      [],
    );
    const polled = async () => {
      const count = Math.max(3, Math.round(POLLED_REQUESTS * session.scale));
      const latencies = await polling.ask({ requests: count });
      session.say(`predict, polling: ${describe(latencies)}`);
      return 1_000 / median(latencies);
    };
    return [
      {
        kind: 'comparison',
        name: 'predict, gathered against each alone',
        unit: 'predictions/s',
        target: undefined,
        ours: loaded('32'),
        reference: loaded('1'),
      },
      {
        kind: 'comparison',
        name: 'predict, idle, against polling',
        unit: 'answers/s one by one',
        target: 20,
        ours: idle,
        reference: polled,
      },
    ];
  },
};

/** Sees to it that the one worker gathers at most so many pictures. */
function oneWorker(session: BenchSession): (most: string) => Promise<void> {
  let running: { readonly most: string; readonly service: ServiceProcess } | undefined;
  return async (most) => {
    if (running?.most === most) return;
    await running?.service.stop();
    const env = { HEDDLE_TASKS: TASK, HEDDLE_CLASSIFY_BATCH: most };
    running = { most, service: await startService(session, 'consumer', env) };
  };
}

function describe(latencies: readonly number[]): string {
  const sorted = latencies.toSorted((a, b) => a - b);
  const late = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  return `median ${median(latencies).toFixed(1)} ms, 99th percentile ${late.toFixed(1)} ms`;
}

/** Resolves with the milliseconds until the whole answer was there. */
function timedPost(agent: Agent, url: string, picture: Buffer): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'image/jpeg', 'content-length': picture.length };
    const posting = request(url, { agent, method: 'POST', headers }, (response) => {
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - began);
        else reject(new Error(`expected 200, got ${response.statusCode}`));
      });
      response.resume();
    });
    posting.on('error', reject);
    posting.end(picture);
  });
}
