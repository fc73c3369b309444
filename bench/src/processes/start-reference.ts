import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchSession } from '../harness/benchmark.ts';

/** A reference's process, which answers one request at a time. */
export interface ReferenceProcess<Request, Answer> {
  ask(request: Request): Promise<Answer>;
  stop(): Promise<void>;
}

/** What a reference process sends to the benchmark. */
export type FromReference<Answer> = { readonly ready: true } | { readonly answer: Answer };

/**
 * Forks a module of this folder tree, named by its path from `src` without its suffix, and resolves when it says that
 * it is ready. It gets `args` as its arguments and is stopped at the end if nobody does so earlier.
 */
export async function startReference<Request extends object, Answer>(
  session: BenchSession,
  module: string,
  args: readonly string[],
): Promise<ReferenceProcess<Request, Answer>> {
  // The suffix of this very file: `.ts` when run from the sources, `.js` when built.
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const child = fork(fileURLToPath(new URL(`../${module}${suffix}`, import.meta.url)), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  session.cleanUp.add(`stop ${module}`, stop);

  const next = (): Promise<FromReference<Answer>> =>
    new Promise((resolve, reject) => {
      const onEnd = (): void => reject(new Error(`${module} ended before it had answered`));
      child.once('exit', onEnd);
      child.once('message', (message) => {
        child.off('exit', onEnd);
        resolve(message as FromReference<Answer>);
      });
    });
  await next();
  return {
    ask: async (request) => {
      const answered = next();
      child.send(request);
      const message = await answered;
      if (!('answer' in message)) throw new Error(`${module}: expected an answer`);
      return message.answer;
    },
    stop,
  };
}
