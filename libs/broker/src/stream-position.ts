/** Where a stream's consumer is: tells where to begin, and after each interruption where to go on. */
export class StreamPosition {
  readonly #begin: number | 'first' | 'last' | 'next';
  /** Seconds since the epoch, as AMQP counts. */
  readonly #startedAt = Math.floor(Date.now() / 1_000);
  #subscribedBefore = false;
  #last: number | undefined;

  constructor(begin: number | 'first' | 'last' | 'next' = 'next') {
    this.#begin = begin;
  }

  /** The consumer's arguments for the next subscription. */
  resumeArguments(): Record<string, unknown> {
    const offset = this.#resumeOffset();
    this.#subscribedBefore = true;
    return { 'x-stream-offset': offset };
  }

  /** Takes note of a delivery. False: it was delivered before the interruption. */
  advance(offset: number | undefined): boolean {
    if (offset === undefined) return true;
    if (this.#last !== undefined && offset <= this.#last) return false;
    this.#last = offset;
    return true;
  }

  #resumeOffset(): unknown {
    // The last one again, which is there: an offset past the end of a stream hangs, even when more comes.
    if (this.#last !== undefined) return this.#last;
    // Interrupted before anything came: whatever was published since we began must not be missed.
    if (this.#begin === 'next' && this.#subscribedBefore) return { '!': 'timestamp', value: this.#startedAt };
    return this.#begin;
  }
}
