import {
  HeddleError,
  isTerminal,
  type OutputDescription,
  type OutputMessage,
  type RecorderReplies,
} from '@heddle/contracts';
import { requireResult } from './expire-results.ts';
import { parseOr } from './job-history-rows.ts';
import type { Database, Tx } from './schema.ts';

/** Keeps an output's bytes. Coming twice changes nothing. */
export async function storeOutput(tx: Tx, output: OutputMessage): Promise<void> {
  await tx
    .insertInto('outputs')
    .values({
      job_id: output.job,
      run: output.run,
      name: output.name,
      sha256: output.sha256,
      type: output.type,
      body: output.body,
      stored_at: Date.now(),
    })
    .onConflict((conflict) => conflict.columns(['job_id', 'run', 'name', 'sha256']).doNothing())
    .execute();
}

/** The output that the job's winning event names: of its run, with its hash. Undefined until the job has ended and the bytes are there. */
export async function findOutput(
  db: Database,
  id: string,
  name: string,
): Promise<RecorderReplies['output'] | undefined> {
  const job = await db
    .selectFrom('jobs')
    .select(['state', 'run', 'outputs', 'result_until', 'result_gone'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!job) return undefined;
  const described = parseOr<OutputDescription[]>(job.outputs, []).find((output) => output.name === name);
  // Who has heard of the end from the worker may ask before the event of it is written.
  if (!described && !isTerminal(job.state)) return undefined;
  if (!described) throw new HeddleError('output_not_found', `job ${id} has no output "${name}"`);
  requireResult(id, job);
  const { sha256 } = described;
  const stored = await db
    .selectFrom('outputs')
    .select(['type', 'body'])
    .where('job_id', '=', id)
    .where('run', '=', job.run)
    .where('name', '=', name)
    .where('sha256', '=', sha256)
    .executeTakeFirst();
  return stored && { type: stored.type, sha256, body: Buffer.from(stored.body) };
}
