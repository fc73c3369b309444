import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { FromAsked } from './answer-parent.ts';
import { builtFile } from './built-file.ts';

/** A process of its own that does what it is asked, so that it can be killed and frozen. `C`: what it can be asked, `N`: its news. */
export interface AskedProcess<C, N = never> {
  /** Rejects with an error that has the name of the one thrown there, also at the beginning of its message. */
  ask<T>(call: C): Promise<T>;
  /** What it has told without being asked. */
  readonly news: readonly N[];
  /** Resolves when it has ended, however; what it was asked then is never answered. */
  readonly ended: Promise<unknown>;
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>;
  /** Stops it where it stands, and lets it go on. */
  freeze(): void;
  thaw(): void;
}

export interface AskedProgram {
  /** A module of `tsconfig.programs.json` that calls `answerParent`. */
  readonly module: URL;
  readonly args: readonly string[];
}

/** Resolves when it answers. Rejects if it ends before. */
export async function startAskedProcess<C, N = never>(program: AskedProgram): Promise<AskedProcess<C, N>> {
  const child = fork(builtFile(program.module), program.args, { execArgv: [] });
  const news: N[] = [];
  const asked = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let count = 0;
  child.on('message', (message: FromAsked) => {
    if ('news' in message) news.push(message.news as N);
    if (!('number' in message)) return;
    const waiting = asked.get(message.number);
    asked.delete(message.number);
    if ('error' in message) {
      const { name, message: text } = message.error;
      waiting?.reject(Object.assign(new Error(`${name}: ${text}`), { name }));
    } else waiting?.resolve(message.value as never);
  });
  const ended = once(child, 'exit');
  const failed = ended.then(([code]) => {
    throw new Error(`${program.module.pathname} ended with ${code}`);
  });
  failed.catch(() => {});
  await Promise.race([once(child, 'message'), failed]);
  return {
    news,
    ended,
    ask: <T>(call: C) =>
      new Promise<T>((resolve, reject) => {
        count += 1;
        asked.set(count, { resolve, reject });
        // One that has just ended does not answer, which is no error of the one who asks.
        child.send({ number: count, call }, () => undefined);
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
