import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface KeyedCall {
  readonly kind: 'fifo' | 'lifo' | 'priority' | 'condition' | 'barrier';
  readonly name: string;
  /** Bound of a queue, parties of a barrier. */
  readonly size: number;
  readonly call: string;
  readonly args: readonly unknown[];
}

export interface KeyedProcess {
  /** Calls a method there. Rejects with an error whose message is the name of the one that was thrown. */
  call<T>(call: KeyedCall): Promise<T>;
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>;
  /** Stops it where it stands, and lets it go on. */
  freeze(): void;
  thaw(): void;
}

interface Answer {
  readonly number?: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Starts a process with a session of its own. */
export async function startKeyedProcess(url: string, heartbeatSeconds = 1): Promise<KeyedProcess> {
  const path = fileURLToPath(new URL('keyed-process.ts', import.meta.url));
  const child = fork(path, [url, String(heartbeatSeconds)], {
    execArgv: ['--import', 'tsx', '--conditions=heddle-src'],
  });
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let count = 0;
  child.on('message', ({ number, value, error }: Answer) => {
    if (number === undefined) return;
    const waiting = open.get(number);
    open.delete(number);
    if (error === undefined) waiting?.resolve(value as never);
    else waiting?.reject(new Error(error));
  });
  await once(child, 'message');
  return {
    call: <T>(call: KeyedCall) =>
      new Promise<T>((resolve, reject) => {
        count += 1;
        open.set(count, { resolve, reject });
        child.send({ number: count, call });
      }),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}
