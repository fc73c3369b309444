import type { Task } from '@heddle/client';
import { HandlerContext, type HandlerHost } from './handler-context.ts';

/** Calls a task's handler: once, or once for each input of a chunk. May throw, as handlers may. */
export function callHandler(task: Task, host: HandlerHost): unknown {
  return host.isChunk ? runChunk(task, host) : task.run(new HandlerContext(host));
}

/**
 * Runs the inputs of a chunk one after the other; the result is the array of their results. The first that fails fails
 * the chunk, as in a process pool of Python's.
 */
async function runChunk(task: Task, host: HandlerHost): Promise<unknown[]> {
  const inputs = host.input as readonly unknown[];
  const results: unknown[] = [];
  for (const [index, input] of inputs.entries()) {
    if (index > 0) host.signal.throwIfAborted();
    const result = task.run(new HandlerContext(hostOfItem(host, input, index, inputs.length)));
    results.push(result instanceof Promise ? await result : result);
  }
  return results;
}

/** What stands behind the context of one input: its progress is a part of the chunk's. */
function hostOfItem(host: HandlerHost, input: unknown, index: number, count: number): HandlerHost {
  return {
    input,
    isChunk: false,
    get bytes() {
      return host.bytes;
    },
    get bytesType() {
      return host.bytesType;
    },
    get jobInfo() {
      return host.jobInfo;
    },
    get signal() {
      return host.signal;
    },
    progress: (fraction, note) => host.progress((index + fraction) / count, note),
    output: (...output) => host.output(...output),
    keyed: host.keyed,
    batchPage: (first) => host.batchPage(first),
    readState: (state, key) => host.readState(state, key),
    log: (...line) => host.log(...line),
  };
}
