import type { JobRecord, JobView } from '@heddle/contracts';

/** A job as REST shows it. */
export function viewJob(record: JobRecord): JobView {
  return {
    id: record.id,
    task: record.task,
    state: record.state,
    priority: record.priority,
    tags: record.tags,
    attempts: record.attempts.map((attempt) => ({
      number: attempt.number,
      worker: attempt.worker,
      startedAt: isoOrNull(attempt.startedAt),
      endedAt: isoOrNull(attempt.endedAt),
      error: attempt.error,
    })),
    progress: record.progress,
    input: record.input ?? null,
    body: record.body,
    timeout: record.timeoutMs,
    retry: record.retry ?? null,
    batch: record.batch,
    result: record.result ?? null,
    error: record.error,
    outputs: record.outputs.map((output) => ({ ...output, href: outputHref(record.id, output.name) })),
    acceptedAt: iso(record.acceptedAt),
    dueAt: isoOrNull(record.dueAt),
    deadline: isoOrNull(record.deadline),
    startedAt: isoOrNull(record.startedAt),
    endedAt: isoOrNull(record.endedAt),
    resultExpiresAt: isoOrNull(record.resultExpiresAt),
    updatedAt: iso(record.updatedAt),
  };
}

export function outputHref(job: string, output: string): string {
  return `/v1/jobs/${encodeURIComponent(job)}/outputs/${encodeURIComponent(output)}`;
}

const LATEST_MS = 8_640_000_000_000_000;

/** ISO 8601 in UTC. Never throws: a foreign client's clock may say anything. */
export function iso(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), LATEST_MS)).toISOString();
}

export function isoOrNull(ms: number | null | undefined): string | null {
  // Undefined: a recorder of another version answers while the services are being replaced.
  return ms === null || ms === undefined ? null : iso(ms);
}
