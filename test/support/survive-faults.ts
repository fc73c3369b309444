import { expect } from 'vitest';
import { startBroker } from './broker.ts';
import { readAllJobs } from './read-jobs.ts';
import { submitLoad } from './submit-load.ts';
import { SystemStack } from './system-stack.ts';

/** Of each ten jobs: one runs for a while, and one rests on the delay ladder, also while the broker is away. */
const KINDS: Readonly<Record<number, object>> = {
  0: { task: 'debug.sleep', input: { ms: 20 } },
  5: { task: 'debug.echo', input: 'later', delay: '3s' },
};

/**
 * Posts jobs to a stack of its own until `wanted` of them got a 202, and meanwhile kills one thing after the other: a worker,
 * the recorder, the gateway, and its broker twice. Fails if one of those jobs does not succeed. `limitMs` bounds it all.
 */
export async function surviveFaults(wanted: number, limitMs: number): Promise<void> {
  const node = await startBroker();
  try {
    const stack = await SystemStack.start({
      amqpUrl: node.url,
      services: ['recorder', 'gateway', 'consumer', 'consumer', 'producer'],
    });
    const url = stack.api.url;
    const again = (name: 'consumer' | 'recorder' | 'gateway') => () => stack.killAndRestart(stack.of(name));
    const faults: { at: number; what: string; cause: () => Promise<unknown> }[] = [
      { at: 0.1, what: 'kill -9 a worker', cause: again('consumer') },
      { at: 0.25, what: 'kill -9 the recorder', cause: again('recorder') },
      { at: 0.4, what: 'kill -9 the gateway', cause: again('gateway') },
      { at: 0.6, what: 'restart the broker', cause: () => node.restart() },
      { at: 0.8, what: 'kill -9 the broker', cause: () => node.kill().then(() => node.start()) },
    ];
    const caused: string[] = [];
    let faulting = Promise.resolve();
    const deadline = AbortSignal.timeout(limitMs);
    try {
      const load = await submitLoad({
        url: () => url,
        wanted,
        connections: 64,
        deadline,
        body: (index) => ({
          ...(KINDS[index % 10] ?? { task: 'debug.echo', input: { index } }),
          tags: ['chaos'],
        }),
        onAccepted: (accepted) => {
          while (faults[0] && accepted >= faults[0].at * wanted) {
            const { what, cause } = faults.shift() as (typeof faults)[number];
            faulting = faulting.then(cause).then(() => void caused.push(what));
          }
        },
      });
      await faulting;
      expect(caused).toHaveLength(5);

      const jobs = await readAllJobs(url, load.accepted, deadline);
      const lost = [...load.accepted].filter((id) => jobs.get(id)?.ended !== true);
      const recovered = [...jobs].filter(([id, job]) => job.ended && !load.accepted.has(id)).length;
      const ranTwice = [...jobs.values()].filter((job) => job.runs > 1).length;
      console.log(
        `attempted ${load.attempted}, accepted ${load.accepted.size}, finished ${load.accepted.size - lost.length}, ` +
          `lost ${lost.length}, recovered ${recovered} (ran though their 202 was cut off), ran twice ${ranTwice}, ` +
          `refused ${JSON.stringify(Object.fromEntries(load.refused))}`,
      );
      expect(lost).toEqual([]);
      expect([...load.accepted].filter((id) => jobs.get(id)?.state !== 'succeeded')).toEqual([]);
    } finally {
      await faulting.catch(() => undefined);
      await stack.stop();
    }
  } finally {
    await node.stop();
  }
}
