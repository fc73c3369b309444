/** Random histories of the toolbox, many and long, while processes, the recorder and the broker go and come. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyedProcess } from '../../libs/sync/test/keyed-stack.ts';
import { type KeyedStack, openKeyedStack } from '../../libs/sync/test/keyed-stack.ts';
import {
  freezeOne,
  isQueueHistory,
  killOne,
  performQueue,
  queueCalls,
  queueKinds,
} from '../../libs/sync/test/queue-histories.ts';
import { type BrokerNode, startBroker } from '../support/broker.ts';
import { checkLockHistories } from '../support/lock-histories.ts';
import { startToolboxProcess } from '../support/start-toolbox-process.ts';

const PROCESSES = 4;
let node: BrokerNode;
let stack: KeyedStack;
let processes: KeyedProcess[];

beforeAll(async () => {
  node = await startBroker();
  stack = await openKeyedStack(await node.createVhost());
  processes = await Promise.all(Array.from({ length: PROCESSES }, () => stack.start()));
});
afterAll(async () => {
  await stack?.stop();
  await node?.stop();
});

/** Who gives up while nobody answers does not know how it was: no calls for what has to be known. */
const patient = queueCalls.filter((call) => call !== 'put' && call !== 'get');
/** What goes on beside the calls, and how often it is tried. */
const disturbances = {
  nothing: { runs: 50, calls: queueCalls, disturb: () => Promise.resolve([]) },
  'a process that is killed': {
    runs: 8,
    calls: queueCalls,
    disturb: () => killOne(processes, PROCESSES - 1),
  },
  'a process that is frozen': {
    runs: 3,
    calls: patient,
    disturb: () => freezeOne(processes, PROCESSES - 1),
  },
  'a recorder that restarts': {
    runs: 20,
    calls: patient,
    disturb: async () => {
      await stack.stopRecorder();
      await stack.startRecorder();
      return [];
    },
  },
  'a broker that is killed': {
    runs: 3,
    calls: patient,
    disturb: async () => {
      await node.kill();
      await node.start();
      return [];
    },
  },
};

describe.each(queueKinds)('histories of %s queues are linearizable', (kind) => {
  it.each(Object.entries(disturbances))('with %s', async (what, { runs, calls, disturb }) => {
    let count = 0;
    const call = fc.record({ call: fc.constantFrom(...calls), rank: fc.nat(2) });
    const program = fc.array(call, { minLength: 4, maxLength: 12 });
    const programs = fc.array(program, { minLength: PROCESSES, maxLength: PROCESSES });
    await fc.assert(
      fc.asyncProperty(programs, fc.nat(3), async (chosen, maxsize) => {
        count += 1;
        const name = `${what.replaceAll(' ', '-')}-${kind}-${count}`;
        const history = await performQueue(processes, { kind, name, maxsize, programs: chosen }, disturb);
        expect(isQueueHistory(kind, maxsize, history), JSON.stringify(history)).toBe(true);
        if (what === 'a process that is killed') processes[PROCESSES - 1] = await stack.start();
      }),
      // A failure is shown as it was: a shorter one would take as long to find again.
      { numRuns: runs, endOnFailure: true },
    );
  });
});

it('histories of locks and simple queues are linearizable', async () => {
  const { url } = await node.createVhost();
  const own = await Promise.all(Array.from({ length: PROCESSES }, () => startToolboxProcess(url)));
  try {
    await checkLockHistories(own, { runs: 150, longest: 12 });
  } finally {
    await Promise.all(own.map((one) => one.kill()));
  }
});
