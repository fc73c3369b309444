import { type AskedJob, acceptJob } from '@heddle/client';
import { type AggregateSpec, HeddleError, type JobView, type PartialAggregate } from '@heddle/contracts';
import { submitAndAwait } from '../jobs/await-job.ts';
import { HeldPartials } from './held-partials.ts';
import { headerOf, type RecordChunk } from './split-records.ts';

/** Chunks of one file that are on their way at once. */
export const WINDOW = 8;
/** How long one step may take, its attempts and its wait for a worker included. */
const STEP_MS = 600_000;
const RETRY = { attempts: 4, delay: 500 };

export interface FileOptions {
  readonly spec: AggregateSpec;
  readonly format: 'ndjson' | 'csv';
  readonly delimiter: string;
  /** Bytes of a message. */
  readonly maxMessageBytes: number;
}

type Parts = Parameters<typeof submitAndAwait>[0];

/**
 * Aggregates a file that comes chunk by chunk: a job for each, and jobs that merge what they gave, until one result is left. Holds
 * a window of chunks and partial results of about a message, whatever the length of the file.
 */
export class FileAggregation {
  readonly #parts: Parts;
  readonly #options: FileOptions;
  readonly #signal: AbortSignal;
  #header: Buffer | undefined;
  readonly #partials: HeldPartials;
  readonly #running = new Set<Promise<void>>();
  #isMerging = false;
  #failure: Error | undefined;

  constructor(parts: Parts, options: FileOptions, signal: AbortSignal) {
    this.#parts = parts;
    this.#options = options;
    this.#signal = signal;
    const beside = Buffer.byteLength(JSON.stringify(mergeInput(options.spec, [])));
    this.#partials = new HeldPartials(options.maxMessageBytes - beside);
  }

  /** Resolves when there is room for the next; `release` is called when the chunk's bytes are not needed any more. Rejects with what a step before came to. */
  async add(chunk: RecordChunk, release: () => void): Promise<void> {
    const part = this.#partOf(chunk);
    this.#begin(() => this.#map(part).finally(release));
    while (this.#running.size >= WINDOW || (this.#isMerging && this.#partials.areMany)) {
      await Promise.race(this.#running);
    }
    if (this.#failure) throw this.#failure;
    if (this.#partials.areMany) this.#begin(() => this.#merge());
  }

  /** The result, when everything has come. */
  async end(): Promise<unknown> {
    await this.#settle();
    while (this.#partials.areMany) {
      this.#begin(() => this.#merge());
      await this.#settle();
    }
    const partials = this.#partials.take();
    if (partials.length === 0) return { rows: 0, groups: [] };
    return await this.#run('data.merge', { ...this.#options.spec, partials });
  }

  /** Every chunk of CSV begins with the file's header. */
  #partOf(chunk: RecordChunk): RecordChunk {
    if (this.#options.format !== 'csv') return chunk;
    if (this.#header) {
      const bytes = Buffer.concat([this.#header, chunk.bytes]);
      // The lines of the header are counted again.
      return { bytes, firstLine: chunk.firstLine - linesIn(this.#header) };
    }
    this.#header = headerOf(chunk.bytes, this.#options.delimiter);
    return chunk;
  }

  async #map({ bytes, firstLine }: RecordChunk): Promise<void> {
    const { spec, format, delimiter } = this.#options;
    const input = { ...spec, format, delimiter, firstLine: Math.max(1, firstLine), partial: true };
    const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
    this.#partials.add(await this.#run<PartialAggregate>('data.aggregate', input, { body: bytes, type }));
  }

  /** One at a time: each may need what the one before has made. */
  async #merge(): Promise<void> {
    this.#isMerging = true;
    try {
      const input = mergeInput(this.#options.spec, this.#partials.take());
      this.#partials.add(await this.#run<PartialAggregate>('data.merge', input));
    } finally {
      this.#isMerging = false;
    }
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

/** What makes one partial result of several. */
function mergeInput(spec: AggregateSpec, partials: readonly PartialAggregate[]) {
  return { ...spec, partials, partial: true };
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
  if (error?.code === 'output_too_large') return new HeddleError('data_too_many_groups', message);
  return new HeddleError('overloaded', `job ${id} of ${task} ended as ${state}: ${message}`);
}
