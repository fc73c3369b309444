import { z } from 'zod';
import { eventSchema, eventStates, type JobEvent } from './event.ts';
import { isTerminal, waitingSchema } from './job.ts';

/** The state of one key, as JSON: it is read and written whole, and travels with each commit. */
export const MAX_STATE_BYTES = 256 * 1024;

/** Most jobs that one commit ends. */
export const MAX_COMMIT_STEPS = 100;

/** How many jobs may wait for one key to change. */
export const MAX_WAITERS = 10_000;

/** A job's message as it is kept while the job waits. */
export const parkedMessageSchema = z.object({
  properties: z.record(z.string(), z.unknown()),
  /** Text: jobs that wait have JSON inputs. */
  body: z.string(),
});

/** What one run of a job did to the state of its key, and how it ended: for good, or waiting. */
export const commitStepSchema = z
  .object({
    event: eventSchema,
    /** The new state; absent: as it was. */
    state: z.object({ value: z.unknown() }).exactOptional(),
    /** For a job that waits: what is published when its time has come. */
    parked: z.object({ waiting: waitingSchema, message: parkedMessageSchema }).exactOptional(),
  })
  .refine(({ event, parked }) => (event.type === 'waiting') === (parked !== undefined), {
    error: 'expected "parked" beside a waiting event, and only there',
  })
  .refine(({ event }) => event.type === 'waiting' || isTerminal(eventStates[event.type]), {
    error: 'expected an event that ends the job, or waiting',
  });
export type CommitStep = z.infer<typeof commitStepSchema>;

/**
 * What became of a step. `already`: the job had ended before; `event`: how, as far as it is known. `stale`: the state is
 * not the one that the run saw. `refused`: too many wait already. What comes behind a step that was not committed was not
 * looked at.
 */
export type CommitOutcome =
  | { readonly is: 'committed' }
  | { readonly is: 'already'; readonly event?: JobEvent | undefined }
  | { readonly is: 'stale' }
  | { readonly is: 'refused'; readonly message: string };

/** The state of a key. Version 0: there is none yet. */
export interface KeyState {
  readonly version: number;
  /** Absent at version 0. */
  readonly value?: unknown;
}
