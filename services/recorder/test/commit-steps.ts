import { randomUUID } from 'node:crypto';
import type { CommitStep, JobEvent } from '@heddle/contracts';
import { type CommitReply, type CommitRequest, commitStates } from '../src/store/commit-state.ts';
import type { Store } from '../src/store/open-database.ts';
import type { BatchWriter } from '../src/store/record-batch.ts';
import { started, succeeded } from './job-events.ts';

export const TASK = 'ledger.deposit';

/** A run of a job that ended well; `value`: what it made of the state. */
export function step(job: string, value?: unknown, more: Partial<JobEvent> = {}): CommitStep {
  const event = succeeded(job, { task: TASK, run: randomUUID(), result: { value }, ...more } as never);
  return { event, ...(value !== undefined && { state: { value } }) };
}

/** A run of a job that wants to wait. */
export function wait(job: string, { attempt = 1, since = 1_000, until = 5e12 } = {}): CommitStep {
  const { task, generation, worker } = started(job, { task: TASK }) as Extract<JobEvent, { type: 'started' }>;
  const event = { type: 'waiting', job, task, generation, worker, attempt, run: randomUUID() } as const;
  return {
    event: { ...event, seq: 1, at: since, startedAt: since, until },
    parked: { waiting: { since, until }, message: { properties: { messageId: job }, body: '{}' } },
  };
}

/** Asks for these steps on a key of the state "ledger". */
export function asking(key: string, expectedVersion: number, ...steps: CommitStep[]): CommitRequest {
  return { op: 'state-commit', state: 'ledger', key, expectedVersion, steps };
}

/** Commits one request in a transaction of its own. */
export async function commitOne(
  store: Store,
  writer: BatchWriter,
  request: CommitRequest,
): Promise<CommitReply> {
  const { replies } = await commitStates(store, writer.events, [request]);
  const [reply] = replies;
  if (!reply) throw new Error('expected a reply, got none');
  return reply;
}
