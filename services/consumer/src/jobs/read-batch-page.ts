import { type BatchResult, HeddleError, type Job } from '@heddle/contracts';
import { type AskingRun, askRecorder } from './ask-recorder.ts';
import type { WorkerPorts } from './worker-ports.ts';

const PAGE_RESULTS = 200;

/** A run, as far as it matters here. */
interface ReadingRun extends AskingRun {
  readonly job: Pick<Job, 'id' | 'batch'>;
}

/**
 * Results of the batch that the run's job reduces, from place `first` on; none: there are no more. While the recorder is
 * away it is asked again, until the run is stopped. Rejects with `batch_not_found`.
 */
export async function readBatchPage(
  worker: WorkerPorts,
  run: ReadingRun,
  first: number,
): Promise<readonly BatchResult[]> {
  const { batch, id } = run.job;
  if (batch === undefined || batch.index !== undefined) {
    throw new HeddleError('batch_not_found', `expected the reduce job of a batch, got job ${id}`);
  }
  const request = { op: 'batch-results', id: batch.id, first, limit: PAGE_RESULTS } as const;
  return (await askRecorder(worker, run, request)).results;
}
