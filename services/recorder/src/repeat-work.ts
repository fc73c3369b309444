import { setTimeout } from 'node:timers/promises';

export interface RepeatedWork {
  /** Between the end of a round and the next. */
  readonly everyMs: number;
  /** `count`: rounds before this one. `more`: the next follows at once. What throws is told to `onError`, and ends its round only. */
  readonly round: (count: number, stopped: AbortSignal) => Promise<'more' | undefined>;
  readonly onError: (error: unknown) => void;
}

export interface Repetition {
  /** Resolves when the round that is under way has ended. */
  stop(): Promise<void>;
}

/** Work in the background, one round after the other, until it is stopped. Keeps no process alive. */
export function repeatWork({ everyMs, round, onError }: RepeatedWork): Repetition {
  const stopped = new AbortController();
  const { signal } = stopped;
  const run = async (): Promise<void> => {
    for (let count = 0; !signal.aborted; count += 1) {
      try {
        if ((await round(count, signal)) === 'more') continue;
      } catch (error) {
        onError(error);
      }
      await pauseUnless(signal, everyMs);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
}

/** Resolves after so many milliseconds, or at once when the signal aborts. */
export async function pauseUnless(signal: AbortSignal, ms: number): Promise<void> {
  await setTimeout(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
