import { type AskedJob, acceptJob } from '@heddle/client';
import { type AggregateSpec, HeddleError, type JobView, type PartialAggregate } from '@heddle/contracts';
import { submitAndAwait } from '../jobs/await-job.ts';
import { type RecordChunk, takeHeader } from './split-records.ts';

/** Chunks of one file that are on their way at once. */
export const WINDOW = 8;
/** Partial results that one job merges. */
const MERGED_AT_ONCE = 16;
/** How long one step may take, its attempts and its wait for a worker included. */
const STEP_MS = 600_000;
const RETRY = { attempts: 4, delay: 500 };

export interface FileOptions {
  readonly spec: AggregateSpec;
  readonly format: 'ndjson' | 'csv';
  readonly delimiter: string;
}

type Parts = Parameters<typeof submitAndAwait>[0];

/**
 * Aggregates a file that comes chunk by chunk: a job for each, and jobs that merge what they gave, until one result is left. Holds
 * a window of chunks and a few partial results, whatever the length of the file.
 */
export class FileAggregation {
  readonly #parts: Parts;
  readonly #options: FileOptions;
  readonly #signal: AbortSignal;
  #header: Buffer | undefined;
  #partials: PartialAggregate[] = [];
  readonly #running = new Set<Promise<void>>();
  #failure: Error | undefined;

  constructor(parts: Parts, options: FileOptions, signal: AbortSignal) {
    this.#parts = parts;
    this.#options = options;
    this.#signal = signal;
  }

  /** Resolves when there is room for the next; `release` is called when the chunk's bytes are not needed any more. Rejects with what a step before came to. */
  async add(chunk: RecordChunk, release: () => void): Promise<void> {
    const part = this.#partOf(chunk);
    this.#begin(() => this.#map(part).finally(release));
    while (this.#running.size >= WINDOW) await Promise.race(this.#running);
    if (this.#failure) throw this.#failure;
    if (this.#partials.length >= MERGED_AT_ONCE) this.#begin(() => this.#merge());
  }

  /** The result, when everything has come. */
  async end(): Promise<unknown> {
    await this.#settle();
    while (this.#partials.length > MERGED_AT_ONCE) {
      this.#begin(() => this.#merge());
      await this.#settle();
    }
    if (this.#partials.length === 0) return { rows: 0, groups: [] };
    return await this.#run('data.merge', { ...this.#options.spec, partials: this.#partials });
  }

  /** Every chunk of CSV begins with the file's header. */
  #partOf(chunk: RecordChunk): RecordChunk {
    if (this.#options.format !== 'csv') return chunk;
    if (this.#header) {
      const bytes = Buffer.concat([this.#header, chunk.bytes]);
      // The lines of the header are counted again.
      return { bytes, firstLine: chunk.firstLine - linesIn(this.#header) };
    }
    this.#header = takeHeader(chunk).header;
    return chunk;
  }

  async #map({ bytes, firstLine }: RecordChunk): Promise<void> {
    const { spec, format, delimiter } = this.#options;
    const input = { ...spec, format, delimiter, firstLine: Math.max(1, firstLine), partial: true };
    const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
    this.#partials.push(await this.#run('data.aggregate', input, { body: bytes, type }));
  }

  async #merge(): Promise<void> {
    const partials = this.#partials.splice(0, MERGED_AT_ONCE);
    this.#partials.push(await this.#run('data.merge', { ...this.#options.spec, partials, partial: true }));
  }

  async #run<T>(task: string, input: unknown, bytes?: AskedJob['bytes']): Promise<T> {
    const job = acceptJob({ task, input, bytes, options: { retry: RETRY } });
    const { id, ended } = await submitAndAwait(this.#parts, job, STEP_MS, this.#signal);
    const view = await ended;
    if (!view) throw new HeddleError('overloaded', `job ${id} of ${task} has not ended within ${STEP_MS} ms`);
    if (view.state !== 'succeeded') throw failureOf(view);
    return view.result as T;
  }

  #begin(step: () => Promise<void>): void {
    const running = step()
      .catch((error: Error) => void (this.#failure ??= error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure) throw this.#failure;
  }
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 0x0a) lines += 1;
  return lines;
}

/** What a job ended with, as an answer: what is wrong with the data is the client's to mend. */
function failureOf({ error, state, task, id }: JobView): HeddleError {
  const message = error?.message ?? `job ${id} of ${task} ended as ${state}`;
  if (error?.code === 'data_unreadable' || error?.code === 'data_too_many_groups') {
    return new HeddleError(error.code, message);
  }
  return new HeddleError('overloaded', `job ${id} of ${task} ended as ${state}: ${message}`);
}
