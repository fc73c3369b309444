import { setTimeout as sleep } from 'node:timers/promises';
import { HeddleError, type RecorderReplies, type RecorderRequest } from '@heddle/contracts';
import type { WorkerPorts } from './worker-ports.ts';

const ASK_TIMEOUT_MS = 10_000;
const RETRY_MS = 500;

/** A run, as far as it matters here. */
export interface AskingRun {
  readonly ended: boolean;
  readonly stopReason: string | undefined;
}

/** What the recorder says to a handler's question. While it is away it is asked again, until the run is stopped. */
export async function askRecorder<R extends RecorderRequest>(
  { recorder }: Pick<WorkerPorts, 'recorder'>,
  run: AskingRun,
  request: R,
): Promise<RecorderReplies[R['op']]> {
  for (;;) {
    try {
      return await recorder.ask(request, { timeoutMs: ASK_TIMEOUT_MS });
    } catch (error) {
      const mayHelp = error instanceof HeddleError && error.retryable;
      if (!mayHelp || run.ended || run.stopReason !== undefined) throw error;
      await sleep(RETRY_MS);
    }
  }
}
