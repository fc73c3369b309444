import { HeddleError } from './error.ts';

/**
 * The errors of the concurrency toolbox, named as Python names them, because people know what they mean there. Each is a
 * `HeddleError` with a code of its own; `docs/toolbox.md` says which object throws which.
 */

/** A name, a size or a time that is not allowed; a release that was not preceded by its acquire, of bounded objects. */
export class ValueError extends HeddleError {
  override readonly name = 'ValueError';

  constructor(message: string) {
    super('value_error', message);
  }
}

/** Right in itself, but not now: a submit after a shutdown, a release of what is not held. */
export class RuntimeError extends HeddleError {
  override readonly name = 'RuntimeError';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super('runtime_error', message, options);
  }
}

/** A wait was longer than its timeout. What was waited for goes on. */
export class TimeoutError extends HeddleError {
  override readonly name = 'TimeoutError';

  constructor(message: string) {
    super('wait_timed_out', message);
  }
}

/** There was nothing to get from a queue, not now or not in time. */
export class Empty extends HeddleError {
  override readonly name = 'Empty';

  constructor(message: string) {
    super('queue_empty', message);
  }
}

/** A lease ended before it was released: its connection went, or it was held for too long. Somebody else may hold the next one. */
export class LeaseLostError extends HeddleError {
  override readonly name = 'LeaseLostError';

  constructor(message: string) {
    super('lease_lost', message);
  }
}

/** There was no room in a queue, not now or not in time. */
export class Full extends HeddleError {
  override readonly name = 'Full';

  constructor(message: string) {
    super('queue_full', message);
  }
}

/** The queue was shut down: nothing can be put, and nothing is left to get. */
export class ShutDown extends HeddleError {
  override readonly name = 'ShutDown';

  constructor(message: string) {
    super('queue_shut_down', message);
  }
}

/** The barrier was broken while somebody waited at it, or before: aborted, reset, left, or a party died. */
export class BrokenBarrierError extends HeddleError {
  override readonly name = 'BrokenBarrierError';

  constructor(message: string) {
    super('broken_barrier', message);
  }
}

/** Who waited for a lock is part of a circle of those who wait for each other, and was chosen to give way. The message names the circle. */
export class DeadlockError extends HeddleError {
  override readonly name = 'DeadlockError';

  constructor(message: string) {
    super('deadlock', message);
  }
}

/** The future was cancelled, by whomever. */
export class CancelledError extends HeddleError {
  override readonly name = 'CancelledError';

  constructor(message: string) {
    super('cancelled', message);
  }
}
