import { setTimeout as sleep } from 'node:timers/promises';
import { type BatchResult, HeddleError, type Job } from '@heddle/contracts';
import type { WorkerPorts } from './worker-ports.ts';

const PAGE_RESULTS = 200;
const ASK_TIMEOUT_MS = 10_000;
const RETRY_MS = 500;

/** A run, as far as it matters here. */
interface ReadingRun {
  readonly job: Pick<Job, 'id' | 'batch'>;
  readonly ended: boolean;
  readonly stopReason: string | undefined;
}

/**
 * Results of the batch that the run's job reduces, from place `first` on; none: there are no more. While the recorder is
 * away it is asked again, until the run is stopped. Rejects with `batch_not_found`.
 */
export async function readBatchPage(
  { recorder }: WorkerPorts,
  run: ReadingRun,
  first: number,
): Promise<readonly BatchResult[]> {
  const { batch, id } = run.job;
  if (batch === undefined || batch.index !== undefined) {
    throw new HeddleError('batch_not_found', `expected the reduce job of a batch, got job ${id}`);
  }
  const request = { op: 'batch-results', id: batch.id, first, limit: PAGE_RESULTS } as const;
  for (;;) {
    try {
      const { results } = await recorder.ask(request, { timeoutMs: ASK_TIMEOUT_MS });
      return results;
    } catch (error) {
      const mayHelp = error instanceof HeddleError && error.retryable;
      if (!mayHelp || run.ended || run.stopReason !== undefined) throw error;
      await sleep(RETRY_MS);
    }
  }
}
