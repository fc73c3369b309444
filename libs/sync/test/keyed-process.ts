/** A process that calls what its parent tells it of keyed objects, so that it can be killed and frozen. */
import { Barrier, Condition, LifoQueue, PriorityQueue, Queue, SyncSession } from '@heddle/sync';
import { answerParent } from '../../../test/support/answer-parent.ts';

export interface KeyedCall {
  readonly kind: 'fifo' | 'lifo' | 'priority' | 'condition' | 'barrier';
  readonly name: string;
  /** Bound of a queue, parties of a barrier. */
  readonly size: number;
  readonly call: string;
  readonly args: readonly unknown[];
  /** Answer with a `Recorded`, also of a failure. */
  readonly recorded?: boolean;
}

/** What came of a call. Times are the machine's, in microseconds, the same for all processes. */
export interface Recorded {
  readonly value?: unknown;
  /** The error's name. */
  readonly error?: string;
  readonly began: number;
  /** Infinite if the process did not live to see it. */
  readonly ended: number;
}

const [url = '', heartbeat = '1'] = process.argv.slice(2);
const session = await SyncSession.connect({ url, heartbeatSeconds: Number(heartbeat) });

type Callable = Record<string, (...args: unknown[]) => Promise<unknown>>;
const objects = new Map<string, Callable>();

function make({ kind, name, size }: KeyedCall): Callable {
  if (kind === 'barrier') return new Barrier(session, name, size) as unknown as Callable;
  if (kind === 'condition') {
    const condition = new Condition(session, name);
    const here = new Queue(session, `${name}.here`);
    return {
      /** Says that it is about to wait; the lock is free when it does. */
      wait: () =>
        condition.run(async () => {
          await here.put('waiting');
          return await condition.wait();
        }),
    };
  }
  const queues = { fifo: Queue, lifo: LifoQueue, priority: PriorityQueue };
  return new queues[kind](session, name, { maxsize: size }) as unknown as Callable;
}

async function run(call: KeyedCall): Promise<unknown> {
  const key = `${call.kind}.${call.name}`;
  const object = objects.get(key) ?? make(call);
  objects.set(key, object);
  return await object[call.call]?.(...call.args);
}

async function record(call: KeyedCall): Promise<Recorded> {
  const began = microseconds();
  const done = await run(call).then(
    (value) => ({ value }),
    ({ name }: Error) => ({ error: name }),
  );
  return { ...done, began, ended: microseconds() };
}

function microseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

answerParent<KeyedCall>((call) => (call.recorded ? record(call) : run(call)));
