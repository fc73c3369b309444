import { ValueError } from '@heddle/contracts';
import { cancelAll } from './cancel-all.ts';
import type { Future } from './future.ts';
import { Deadline, type Timeout } from './wait-limit.ts';

export interface MapOptions {
  /** Inputs that travel as one job and run one after the other, 1 to 100,000. Default 1. */
  readonly chunkSize?: number | undefined;
  /** All results must have been asked for and come within this time of the call. */
  readonly timeout?: Timeout;
  /** Jobs that may be under way ahead of the result that is asked for next. Default 1,000. */
  readonly lookAhead?: number | undefined;
}

interface MapParts<In, O> {
  readonly inputs: Iterable<In> | AsyncIterable<In>;
  readonly options: MapOptions;
  submit(chunk: readonly In[]): Future<readonly O[]>;
}

const DEFAULT_LOOK_AHEAD = 1_000;

/**
 * Submits jobs for the inputs, at once and up to the look-ahead, and gives their results in order. Inputs are read only
 * as results are taken: a slow reader slows the source. The first failure is thrown in its place; then, and when the
 * reader leaves early, what is under way is cancelled.
 */
export class MappedInputs<In, O> implements AsyncIterableIterator<O, void, void> {
  readonly #parts: MapParts<In, O>;
  readonly #source: Iterator<In> | AsyncIterator<In>;
  readonly #deadline: Deadline;
  readonly #chunkSize: number;
  readonly #lookAhead: number;
  /** Chunks under way, in order. */
  readonly #ahead: Future<readonly O[]>[] = [];
  #results: readonly O[] = [];
  #given = 0;
  #isFilling = false;
  /** Something is under way now, or nothing will be. */
  #onMove: () => void = () => undefined;
  #sourceError: { readonly error: unknown } | undefined;
  #exhausted = false;
  #ended = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: MapParts<In, O>) {
    const { inputs, options } = parts;
    this.#parts = parts;
    this.#chunkSize = within('chunkSize', options.chunkSize ?? 1, 100_000);
    this.#lookAhead = within('lookAhead', options.lookAhead ?? DEFAULT_LOOK_AHEAD, 1_000_000);
    this.#deadline = new Deadline(options.timeout);
    this.#source =
      Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
    void this.#fill();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Calls that overlap get their results in the order of the calls. */
  next(): Promise<IteratorResult<O, void>> {
    const turn = this.#turn.then(() => this.#next());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Cancels what is under way, without waiting for that. */
  async return(): Promise<IteratorResult<O, void>> {
    await this.#leave();
    return { done: true, value: undefined };
  }

  async #next(): Promise<IteratorResult<O, void>> {
    if (this.#given < this.#results.length) return this.#give();
    try {
      while (!this.#ended) {
        if (this.#ahead.length === 0) await this.#limit(this.#untilAhead());
        const next = this.#ahead.shift();
        if (!next) break;
        if (!this.#exhausted && !this.#isFilling) void this.#fill();
        this.#results = await this.#limit(next.result());
        this.#given = 0;
        if (this.#results.length > 0) return this.#give();
      }
      if (this.#sourceError && !this.#ended) throw this.#sourceError.error;
    } catch (error) {
      // Not awaited: a source that is stuck, as when the time is up because of it, answers no farewell.
      this.#leave().catch(() => {});
      throw error;
    }
    this.#ended = true;
    return { done: true, value: undefined };
  }

  #give(): IteratorResult<O, void> {
    return { done: false, value: this.#results[this.#given++] as O };
  }

  #limit<T>(work: Promise<T>): Promise<T> {
    return this.#deadline.limit(work, () => 'a result has not come in time');
  }

  /** Not until it is full: a source may be slow. */
  async #untilAhead(): Promise<void> {
    while (this.#ahead.length === 0 && this.#isFilling && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#onMove = resolve;
      });
    }
  }

  async #fill(): Promise<void> {
    this.#isFilling = true;
    try {
      while (!this.#exhausted && !this.#ended && this.#ahead.length < this.#lookAhead) {
        const chunk = await this.#readChunk();
        // The reader may have left meanwhile.
        if (chunk.length === 0 || this.#ended) continue;
        this.#ahead.push(this.#parts.submit(chunk));
        this.#onMove();
      }
    } catch (error) {
      this.#exhausted = true;
      this.#sourceError = { error };
    } finally {
      this.#isFilling = false;
      this.#onMove();
    }
  }

  async #readChunk(): Promise<In[]> {
    const chunk: In[] = [];
    while (chunk.length < this.#chunkSize) {
      const read = this.#source.next();
      const next: IteratorResult<In, unknown> = read instanceof Promise ? await read : read;
      if (next.done) {
        this.#exhausted = true;
        break;
      }
      chunk.push(next.value);
    }
    return chunk;
  }

  async #leave(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#onMove();
    this.#results = [];
    this.#given = 0;
    void cancelAll(this.#ahead.splice(0), (future) => future.cancel());
    if (!this.#exhausted) await this.#source.return?.();
  }
}

function within(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new ValueError(`${name}: expected a whole number from 1 to ${max}, got ${value}`);
}
