import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type Command =
  | {
      readonly do: 'acquire';
      readonly kind: 'lock' | 'semaphore' | 'bounded-semaphore';
      readonly name: string;
      readonly value?: number;
      readonly timeout?: number;
    }
  | { readonly do: 'release'; readonly id: string };

/** A lease in another process. */
export interface RemoteLease {
  readonly id: string;
  readonly fence: number;
}

export interface SyncProcess {
  ask<T>(command: Command): Promise<T>;
  /** Ids of the leases that it has lost. */
  readonly lost: readonly string[];
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
  readonly lost?: string;
}

/** Starts a process with a session of its own. */
export async function startProcess(url: string, heartbeatSeconds = 1): Promise<SyncProcess> {
  const path = fileURLToPath(new URL('sync-process.ts', import.meta.url));
  const child = fork(path, [url, String(heartbeatSeconds)], {
    execArgv: ['--import', 'tsx', '--conditions=heddle-src'],
  });
  const lost: string[] = [];
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let count = 0;
  child.on('message', ({ number, value, error, lost: id }: Answer) => {
    if (id !== undefined) lost.push(id);
    if (number === undefined) return;
    const waiting = open.get(number);
    open.delete(number);
    if (error === undefined) waiting?.resolve(value as never);
    else waiting?.reject(new Error(error));
  });
  await once(child, 'message');
  return {
    lost,
    ask: <T>(command: Command) =>
      new Promise<T>((resolve, reject) => {
        count += 1;
        open.set(count, { resolve, reject });
        child.send({ number: count, command });
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
