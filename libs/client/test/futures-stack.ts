import { defineTask, Executor } from '@heddle/client';
import { z } from 'zod';
import type { TestVhost } from '../../../test/support/broker.ts';
import { builtFile } from '../../../test/support/built-file.ts';
import { InProcessStack } from '../../../test/support/in-process-stack.ts';

/** The built-in tasks as a client sees them: names and types. */
export const echo = defineTask({
  name: 'debug.echo',
  input: z.number(),
  output: z.number(),
  run: ({ input }) => input,
});
export const sleep = defineTask({
  name: 'debug.sleep',
  input: z.object({ ms: z.number() }),
  run: ({ input }) => ({ slept: input.ms }),
});

/** A recorder and a worker on a virtual host of their own, and executors on it. */
export interface FuturesStack {
  readonly vhost: TestVhost;
  connect(name?: string): Promise<Executor>;
  /** Shuts the executors down that were connected so far. */
  disconnect(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFutures(): Promise<FuturesStack> {
  const stack = await InProcessStack.open();
  const { vhost } = stack;
  await stack.startRecorder();
  const own = builtFile(new URL('tasks/followed-tasks.ts', import.meta.url));
  const gated = builtFile(new URL('../../../test/support/tasks/gated-task.ts', import.meta.url));
  await stack.startWorker(`debug.*,${own},${gated}`);
  const open: Executor[] = [];
  return {
    vhost,
    connect: async (name) => {
      const executor = await Executor.connect({ url: vhost.url, name });
      open.push(executor);
      return executor;
    },
    disconnect: async () => {
      await Promise.all(open.splice(0).map((executor) => executor.shutdown({ cancelFutures: true })));
    },
    stop: () => stack.stop(),
  };
}
