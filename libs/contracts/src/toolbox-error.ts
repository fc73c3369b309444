import { type ErrorCode, HeddleError } from './error.ts';

/**
 * The errors of the concurrency toolbox, named as Python names them, because people know what they mean there. Each is a
 * `HeddleError` with a code of its own; `docs/toolbox.md` says which object throws which.
 */

/** The name is part of the type: without it the compiler would take one of these classes for another. */
type NamedError<N> = new (
  message: string,
  options?: { readonly cause?: unknown },
) => HeddleError & { readonly name: N };

function named<const N extends string>(name: N, code: ErrorCode): NamedError<N> {
  return class extends HeddleError {
    override readonly name = name;

    constructor(message: string, options: { readonly cause?: unknown } = {}) {
      super(code, message, options);
    }
  };
}

/** A name, a size or a time that is not allowed; a release that was not preceded by its acquire, of bounded objects. */
export class ValueError extends named('ValueError', 'value_error') {}

/** Right in itself, but not now: a submit after a shutdown, a release of what is not held. */
export class RuntimeError extends named('RuntimeError', 'runtime_error') {}

/** A wait was longer than its timeout. What was waited for goes on. */
export class TimeoutError extends named('TimeoutError', 'wait_timed_out') {}

/** There was nothing to get from a queue, not now or not in time. */
export class Empty extends named('Empty', 'queue_empty') {}

/** A lease ended before it was released: its connection went, or it was held for too long. Somebody else may hold the next one. */
export class LeaseLostError extends named('LeaseLostError', 'lease_lost') {}

/** There was no room in a queue, not now or not in time. */
export class Full extends named('Full', 'queue_full') {}

/** The queue was shut down: nothing can be put, and nothing is left to get. */
export class ShutDown extends named('ShutDown', 'queue_shut_down') {}

/** The barrier was broken while somebody waited at it, or before: aborted, reset, left, or a party died. */
export class BrokenBarrierError extends named('BrokenBarrierError', 'broken_barrier') {}

/** Who waited for a lock is part of a circle of those who wait for each other, and was chosen to give way. The message names the circle. */
export class DeadlockError extends named('DeadlockError', 'deadlock') {}

/** The future was cancelled, by whomever. */
export class CancelledError extends named('CancelledError', 'cancelled') {}
