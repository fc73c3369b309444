/**
 * Memory that many pages and files share while they are read. A share grows as its bytes come. When all is used, one of them
 * goes on beyond it, to its own limit, and the others wait until something is given back: so they never all wait for each other.
 */
export class ByteBudget {
  readonly #total: number;
  #used = 0;
  /** The share that may go on beyond the total. */
  #first: ByteShare | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(totalBytes: number) {
    this.#total = totalBytes;
  }

  get used(): number {
    return this.#used;
  }

  open(): ByteShare {
    return new ByteShare(this);
  }

  /** Resolves when the share may hold so many bytes more; rejects with the signal's reason. */
  async grow(share: ByteShare, bytes: number, signal: AbortSignal): Promise<void> {
    while (this.#used + bytes > this.#total && this.#first !== share) {
      signal.throwIfAborted();
      if (!this.#first) this.#first = share;
      else await this.#change(signal);
    }
    this.#used += bytes;
  }

  giveBack(share: ByteShare, bytes: number): void {
    this.#used -= bytes;
    if (this.#first === share) this.#first = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #change(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.push(wake);
    });
  }
}

/** What one page or file holds. */
export class ByteShare {
  readonly #budget: ByteBudget;
  #bytes = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  async grow(bytes: number, signal: AbortSignal): Promise<void> {
    await this.#budget.grow(this, bytes, signal);
    this.#bytes += bytes;
  }

  close(): void {
    this.#budget.giveBack(this, this.#bytes);
    this.#bytes = 0;
  }
}

/** Of all that this process reads from the web, together; one page or file may be beyond it. */
export const webMemory = new ByteBudget(128 * 1024 * 1024);
