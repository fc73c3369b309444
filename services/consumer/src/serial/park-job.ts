import { type CommitStep, header, type Waiting } from '@heddle/contracts';
import type { JobRun } from '../jobs/job-run.ts';
import { republishedJob } from '../jobs/republish-job.ts';

/**
 * What is committed of a job that waits: its message as it comes again, with the time of its first wait and the number of
 * its next attempt. It has no time to live any more, since a worker has taken it in time.
 */
export function parkedStep(run: JobRun, waiting: Waiting): CommitStep {
  const { job, startedAt } = run;
  const event = { type: 'waiting', ...run.eventBase(Date.now()), startedAt, until: waiting.until } as const;
  const { body, properties } = republishedJob(run.delivery, job, {
    attempt: job.attempt + 1,
    accepted: true,
  });
  const { [header.deadline]: _, ...headers } = properties.headers ?? {};
  const kept = { ...properties, headers: { ...headers, [header.waiting]: waiting } };
  return { event, parked: { waiting, message: { properties: plain(kept), body: body.toString() } } };
}

/** As JSON: what another client put there and JSON has no word for is left out or becomes text. */
function plain(properties: object): Record<string, unknown> {
  const text = JSON.stringify(properties, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return JSON.parse(text) as Record<string, unknown>;
}
