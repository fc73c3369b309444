import { setTimeout as pause } from 'node:timers/promises';
import type { Broker } from '@heddle/broker';
import { type JobSubmitter, type NewJob, newJobId, type RecorderClient } from '@heddle/client';
import {
  DEFAULT_PRIORITY,
  decodeResult,
  HeddleError,
  isTerminal,
  type JobResult,
  type JobState,
  type JobView,
  type OnlyRun,
} from '@heddle/contracts';
import { iso, outputHref, viewJob } from './view-job.ts';
import type { EndWatcher } from './watch-ends.ts';

type Recorder = Pick<RecorderClient, 'ask'>;

/** A job, and its end. */
export interface Awaited {
  readonly id: string;
  /** Only if somebody waits. Never rejects. */
  readonly waited?: Promise<Waited> | undefined;
}

/** What waiting for a job's end came to. */
export interface Waited {
  /** How it ended; undefined: it has not in time. */
  readonly ended?: JobView | undefined;
  /** How far it is, as the recorder said last; undefined: it has said nothing. */
  readonly state?: JobState | undefined;
}

interface Parts {
  readonly broker: Pick<Broker, 'replies'>;
  readonly submitter: Pick<JobSubmitter, 'submit'>;
  readonly recorder: Recorder;
  readonly ends: Pick<EndWatcher, 'watch'>;
}

/** A recorder that takes longer for one look is not waited for. */
const LOOK_MS = 1_500;
/** How far the recorder may lie behind a result that has already come, in milliseconds between looks. */
const LOOKS_MS = [0, 10, 20, 40, 80, 160, 320, 640];

/** Submits a job, then waits for its end, at most `waitMs` or until `signal` is aborted. */
export async function submitAndAwait(
  { broker, submitter, recorder, ends }: Parts,
  newJob: NewJob,
  waitMs: number,
  signal: AbortSignal,
): Promise<Awaited> {
  const replies = await broker.replies();
  const id = newJobId();
  const abandoned = new AbortController();
  const abandon = () => abandoned.abort();
  if (signal.aborted) abandon();
  else signal.addEventListener('abort', abandon, { once: true });
  // Listens before the job is published: a fast worker's result may come before the confirm.
  const deadline = Date.now() + waitMs;
  const replied = replies.wait(id, waitMs, abandoned.signal).then(
    (message) => decodeResult(message),
    () => undefined,
  );
  // No worker replies for what ended while it waited.
  const unwatch = ends.watch(id, abandon);
  try {
    const addressed = { ...newJob, id, replyTo: replies.name, correlationId: id };
    await submitter.submit(addressed);
  } catch (error) {
    unwatch();
    abandon();
    throw error;
  }
  const submitted = describeSubmitted(newJob, id);
  const wait = async (): Promise<Waited> => {
    const result = await replied;
    unwatch();
    signal.removeEventListener('abort', abandon);
    if (signal.aborted) return {};
    // No reply: not ended in time, ended without a worker, or the reply was lost with the connection; the recorder knows.
    if (!result?.ok) return pollForEnd(recorder, id, deadline - Date.now(), signal);
    const { run } = result.value;
    if (run && newJob.delayMs === undefined) {
      return {
        ended: { ...submitted, ...describeResult(id, result.value), ...describeRun(result.value, run) },
      };
    }
    const ended = await viewEnded(recorder, id);
    return { ended: ended ?? { ...submitted, ...describeResult(id, result.value) } };
  };
  return { id, waited: wait() };
}

/** Looks again and again, at least once, until the recorder says that the job has ended or the time is over. Never rejects. */
export async function pollForEnd(
  recorder: Recorder,
  id: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<Waited> {
  const deadline = Date.now() + waitMs;
  let state: JobState | undefined;
  for (let delay = 20; !signal.aborted; delay = Math.min(delay * 1.5, 1_000)) {
    const view = await look(recorder, id);
    if (view && view !== 'away') {
      if (isTerminal(view.state)) return { ended: view };
      state = view.state;
    }
    const left = deadline - Date.now();
    if (left <= 0) break;
    await pause(Math.min(delay, left), undefined, { signal }).catch(() => undefined);
  }
  return { state };
}

async function viewEnded(recorder: Recorder, id: string): Promise<JobView | undefined> {
  for (const delay of LOOKS_MS) {
    if (delay > 0) await pause(delay);
    const view = await look(recorder, id);
    if (view === 'away') return undefined;
    if (view && isTerminal(view.state)) return view;
  }
  return undefined;
}

/** Undefined: the recorder is behind. `away`: it does not answer at all. */
async function look(recorder: Recorder, id: string): Promise<JobView | 'away' | undefined> {
  try {
    return viewJob(await recorder.ask({ op: 'job', id }, { timeoutMs: LOOK_MS }));
  } catch (error) {
    return error instanceof HeddleError && error.code === 'recorder_behind' ? undefined : 'away';
  }
}

/** What the recorder will say of a job's only run: nobody need wait for it. */
function describeRun({ error }: JobResult, { worker, acceptedAt, startedAt, endedAt, resultTtlMs }: OnlyRun) {
  const [started, ended] = [iso(startedAt), iso(endedAt)];
  return {
    attempts: [{ number: 1, worker, startedAt: started, endedAt: ended, error: error ?? null }],
    acceptedAt: iso(acceptedAt),
    startedAt: started,
    endedAt: ended,
    updatedAt: ended,
    resultExpiresAt: resultTtlMs === undefined ? null : iso(endedAt + resultTtlMs),
  };
}

/** What is known of a job without the recorder, in the order of `viewJob`; holds none of its bytes. */
function describeSubmitted(job: NewJob, id: string) {
  const now = iso(Date.now());
  return {
    id,
    task: job.task,
    state: 'queued' as const,
    priority: job.priority ?? DEFAULT_PRIORITY,
    tags: [...(job.tags ?? [])],
    attempts: [],
    progress: null,
    input: job.input,
    body: job.bytes ? { type: job.bytes.type, bytes: job.bytes.body.length } : null,
    timeout: job.timeoutMs ?? null,
    retry: job.retry ?? null,
    batch: null,
    result: null,
    error: null,
    outputs: [],
    acceptedAt: now,
    dueAt: null,
    deadline: job.deadline === undefined ? null : iso(job.deadline),
    startedAt: null,
    endedAt: null,
    resultExpiresAt: null,
    updatedAt: now,
  };
}

function describeResult(id: string, result: JobResult) {
  const now = iso(Date.now());
  return {
    state: result.state,
    result: result.result ?? null,
    error: result.error ?? null,
    outputs: (result.outputs ?? []).map((output) => ({ ...output, href: outputHref(id, output.name) })),
    endedAt: now,
    updatedAt: now,
  };
}
