import { setTimeout as pause } from 'node:timers/promises';
import { isTerminal, type JobState, type JobView } from '@heddle/contracts';

export interface SeenJob {
  readonly state: JobState;
  readonly ended: boolean;
  readonly runs: number;
}

/** Asked again this often while jobs have not ended: a REST client has nothing else to wait on for 20,000 jobs. */
const BETWEEN_LOOKS_MS = 500;
/** No progress for this long means that what is missing will not come. */
const STALL_MS = 60_000;

/** Pages through every job until all the `wanted` ones have ended, or until a whole look brings nothing new for a minute. */
export async function readAllJobs(
  url: string,
  wanted: ReadonlySet<string>,
  deadline: AbortSignal,
): Promise<Map<string, SeenJob>> {
  let ended = -1;
  let lastChange = Date.now();
  for (;;) {
    const jobs = await readPages(url, deadline);
    const now = [...wanted].filter((id) => jobs.get(id)?.ended).length;
    if (now === wanted.size) return jobs;
    if (now !== ended) [ended, lastChange] = [now, Date.now()];
    if (Date.now() - lastChange > STALL_MS) return jobs;
    await pause(BETWEEN_LOOKS_MS);
  }
}

async function readPages(url: string, deadline: AbortSignal): Promise<Map<string, SeenJob>> {
  const jobs = new Map<string, SeenJob>();
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: { jobs: JobView[]; next: string | null } | undefined = await readPage(url, cursor, deadline);
    if (!page) {
      await pause(BETWEEN_LOOKS_MS);
      continue;
    }
    for (const job of page.jobs) {
      jobs.set(job.id, { state: job.state, ended: isTerminal(job.state), runs: job.attempts.length });
    }
    cursor = page.next;
  }
  return jobs;
}

/** Undefined while the recorder or the broker is away. */
async function readPage(
  url: string,
  cursor: string,
  deadline: AbortSignal,
): Promise<{ jobs: JobView[]; next: string | null } | undefined> {
  const query = cursor === '' ? 'limit=200' : `limit=200&cursor=${encodeURIComponent(cursor)}`;
  const response = await fetch(`${url}/v1/jobs?${query}`, { signal: deadline });
  if (response.status === 503) return undefined;
  if (response.status !== 200)
    throw new Error(`GET /v1/jobs answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { jobs: JobView[]; next: string | null };
}
