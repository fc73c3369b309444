import type { Broker } from '@heddle/broker';
import { type JobSubmitter, type NewJob, newJobId } from '@heddle/client';
import {
  decodeResult,
  type Gathered,
  type GatheredJob,
  HeddleError,
  type JobResult,
} from '@heddle/contracts';
import { problemOf } from '../http/problem.ts';
import type { EndWatcher } from '../jobs/watch-ends.ts';

/** Of all results in one answer; what comes later is left at its job. */
const MOST_RESULT_BYTES = 32 * 1024 * 1024;

interface Parts {
  readonly broker: Pick<Broker, 'replies'>;
  readonly submitter: Pick<JobSubmitter, 'submit'>;
  readonly ends: Pick<EndWatcher, 'watch'>;
}

/**
 * Submits jobs side by side and collects how they end, in their order. Resolves when all have ended, or with what there is
 * after `waitMs`, or when `signal` is aborted. The results come from the workers directly.
 */
export async function gatherJobs(
  { broker, submitter, ends }: Parts,
  jobs: readonly NewJob[],
  waitMs: number,
  signal: AbortSignal,
): Promise<Gathered> {
  const replies = await broker.replies();
  const deadline = performance.now() + waitMs;
  let roomBytes = MOST_RESULT_BYTES;

  const gather = async (job: NewJob): Promise<GatheredJob> => {
    const id = newJobId();
    const abandoned = new AbortController();
    const abandon = () => abandoned.abort();
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true });
    let unheard: JobResult | undefined;
    // Listens before the job is published: a fast worker's result may come before the confirm.
    const replied = replies
      .wait(id, Math.max(1, deadline - performance.now()), abandoned.signal)
      .then(read, () => (unheard ? admit(unheard, JSON.stringify(unheard).length) : unfinished(id)));
    // No worker replies for what ended while it waited.
    const unwatch = ends.watch(id, (result) => {
      unheard = result;
      abandon();
    });
    try {
      const submitted = submitter.submit({ ...job, id, replyTo: replies.name, correlationId: id });
      // The answer does not wait for a confirm that is late.
      return await Promise.race([submitted.then(() => replied), replied]);
    } catch (error) {
      abandon();
      return refused(error);
    } finally {
      unwatch();
      signal.removeEventListener('abort', abandon);
    }

    function read(message: Parameters<typeof decodeResult>[0]): GatheredJob {
      const decoded = decodeResult(message);
      return decoded.ok ? admit(decoded.value, message.body.length) : unfinished(id);
    }
  };

  function admit({ job: id, state, result = null, error }: JobResult, bytes: number): GatheredJob {
    roomBytes -= bytes;
    const known = { id, state, error: error ?? null };
    return roomBytes >= 0 ? { ...known, result } : { ...known, result: null, omitted: true };
  }

  const results = await Promise.all(jobs.map(gather));
  const count = (wanted: GatheredJob['state']) => results.filter(({ state }) => state === wanted).length;
  const succeeded = count('succeeded');
  return {
    complete: succeeded === results.length && results.every(({ omitted }) => !omitted),
    succeeded,
    unfinished: count('unfinished'),
    results,
  };
}

function unfinished(id: string): GatheredJob {
  return { id, state: 'unfinished', result: null, error: null };
}

function refused(error: unknown): GatheredJob {
  const { code, detail } = problemOf(error);
  if (!(error instanceof HeddleError)) throw error;
  return { id: null, state: 'refused', result: null, error: { code, message: detail } };
}
