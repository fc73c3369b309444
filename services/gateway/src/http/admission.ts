import { HeddleError } from '@heddle/contracts';

/** How long a streamed body waits for others to let go of theirs. */
const WAIT_MS = 30_000;

interface Waiting {
  readonly bytes: number;
  readonly admit: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * The bytes of request bodies that the gateway holds at once, over all connections. Single bodies are refused when
 * there is no room; streamed ones wait their turn.
 */
export class Admission {
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #held = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get limit(): number {
    return this.#limit;
  }

  get held(): number {
    return this.#held;
  }

  /** Throws `overloaded` when there is no room. */
  take(bytes: number): void {
    if (this.#held + bytes > this.#limit) throw overloaded(this.#limit);
    this.#held += bytes;
  }

  /** Waits for room, first come, first served; rejects with `overloaded` after half a minute. */
  takeInTurn(bytes: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#held + bytes <= this.#limit) {
      this.#held += bytes;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(overloaded(this.#limit));
        // There may be room for those behind it.
        this.#admitNext();
      }, WAIT_MS);
      const waiting = { bytes, admit: resolve, timer };
      this.#waiting.push(waiting);
    });
  }

  release(bytes: number): void {
    this.#held -= bytes;
    this.#admitNext();
  }

  #admitNext(): void {
    for (
      let next = this.#waiting[0];
      next && this.#held + next.bytes <= this.#limit;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      clearTimeout(next.timer);
      this.#held += next.bytes;
      next.admit();
    }
  }
}

function overloaded(limit: number): HeddleError {
  return new HeddleError(
    'overloaded',
    `the gateway holds request bodies of ${limit} bytes at once, and no more`,
  );
}
