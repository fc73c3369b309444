import { type JobEvent, type OutputDescription, type Webhook } from '@heddle/contracts';
import type { Attempt } from '../merge/merge-attempts.ts';
import { parseOr } from './job-history-rows.ts';
import type { JobRow } from './schema.ts';

/** What is read of a job to tell whether it has ended, and how. */
export const ENDING_COLUMNS = [
  'id',
  'task',
  'state',
  'event',
  'generation',
  'attempt',
  'run',
  'seq',
  'state_at',
  'error',
  'result',
  'outputs',
  'webhook',
  'attempts',
] as const satisfies (keyof JobRow)[];
export type EndingRow = Pick<JobRow, (typeof ENDING_COLUMNS)[number]>;

/**
 * The event that ended a job in a run, as its worker would have told it: it may have gone before it could. Undefined for
 * one that the recorder has ended, and told itself.
 */
export function endedEvent(row: EndingRow): JobEvent | undefined {
  if (row.run === '') return undefined;
  const base = {
    job: row.id,
    task: row.task,
    generation: row.generation,
    attempt: row.attempt,
    run: row.run,
    seq: row.seq,
    at: row.state_at,
  };
  const attempt = parseOr<Attempt[]>(row.attempts, []).find(({ run }) => run === row.run);
  const worker = attempt?.worker ?? '';
  const startedAt = attempt?.startedAt ?? row.state_at;
  const webhook = row.webhook !== null && { webhook: JSON.parse(row.webhook) as Webhook };
  const error = parseOr(row.error, { code: 'internal_error', message: 'the reason was not kept' });
  switch (row.event) {
    case 'succeeded': {
      const result = row.result !== null && { result: JSON.parse(row.result) as unknown };
      const outputs = row.outputs !== null && { outputs: JSON.parse(row.outputs) as OutputDescription[] };
      return { type: 'succeeded', ...base, worker, startedAt, ...result, ...outputs, ...webhook };
    }
    case 'failed':
    case 'dead':
      return { type: row.event, ...base, worker, startedAt, error, ...webhook };
    case 'cancelled':
    case 'expired':
      return { type: row.event, ...base, worker, startedAt, error, ...webhook };
    default:
      return undefined;
  }
}
