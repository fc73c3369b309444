import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyedProcess } from '../../test/keyed-stack.ts';
import { type KeyedStack, openKeyedStack } from '../../test/keyed-stack.ts';
import { isQueueHistory, performQueue, queueCalls, queueKinds } from '../../test/queue-histories.ts';

let stack: KeyedStack;
let processes: KeyedProcess[];

beforeAll(async () => {
  stack = await openKeyedStack();
  processes = await Promise.all([1, 2, 3].map(() => stack.start(60)));
});
afterAll(() => stack.stop());

const program = fc.array(
  fc.record({
    call: fc.constantFrom(...queueCalls.filter((call) => !call.startsWith('shutdown'))),
    rank: fc.nat(2),
  }),
  { minLength: 3, maxLength: 7 },
);
/** At most one of them shuts the queue down, in the end. */
const last = fc.constantFrom('size' as const, 'shutdown' as const, 'shutdownNow' as const);

describe.each(queueKinds)('random histories of three processes with a queue (%s)', (kind) => {
  it('are linearizable', async () => {
    let runs = 0;
    const programs = fc
      .tuple(program, program, program, last)
      .map(([a, b, c, call]) => [a, b, [...c, { call, rank: 0 }]]);
    await fc.assert(
      fc.asyncProperty(programs, fc.nat(3), async (chosen, maxsize) => {
        runs += 1;
        const script = { kind, name: `${kind}-${runs}`, maxsize, programs: chosen };
        const history = await performQueue(processes, script);
        expect(isQueueHistory(kind, maxsize, history), JSON.stringify(history)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });
});
