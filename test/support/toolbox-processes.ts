import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a process may be told to do with the object of a name. */
export type Call = { readonly name: string } & (
  | { readonly do: 'acquire' | 'get' | 'wait'; readonly timeout?: number }
  | {
      readonly do: 'tryAcquire' | 'release' | 'acquirePermit' | 'permits' | 'getNowait' | 'set';
    }
  | { readonly do: 'put'; readonly item: unknown }
  | { readonly do: 'writeRow'; readonly url: string; readonly fence: number }
);

/** What came of it. Times are the machine's, in microseconds, the same for all processes. */
export interface Done<T> {
  readonly value?: T;
  /** The error's name. */
  readonly error?: string;
  readonly began: number;
  readonly ended: number;
}

export interface ToolboxProcess {
  tell<T>(call: Call): Promise<Done<T>>;
  /** Fences of the leases that it has lost. */
  readonly lost: readonly number[];
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>;
  /** Stops it where it stands, and lets it go on. */
  freeze(): void;
  thaw(): void;
}

/** Starts a process of the built libraries, with a session of its own. */
export async function startToolboxProcess(url: string, heartbeatSeconds = 5): Promise<ToolboxProcess> {
  const path = fileURLToPath(new URL('toolbox-process.ts', import.meta.url));
  const child = fork(path, [url, String(heartbeatSeconds)], { execArgv: ['--import', 'tsx'] });
  const lost: number[] = [];
  const open = new Map<number, (done: Done<never>) => void>();
  let count = 0;
  child.on(
    'message',
    ({ number, done, lost: fence }: { number?: number; done?: Done<never>; lost?: number }) => {
      if (fence !== undefined) lost.push(fence);
      if (number === undefined || done === undefined) return;
      open.get(number)?.(done);
      open.delete(number);
    },
  );
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the toolbox ended with ${code}`);
  });
  await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => {});
  return {
    lost,
    tell: (call) =>
      new Promise((resolve) => {
        count += 1;
        open.set(count, resolve);
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
