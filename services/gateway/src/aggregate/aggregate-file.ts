import { type AskedJob, acceptJob } from '@heddle/client';
import { type AggregateSpec, HeddleError, type JobView, type PartialAggregate } from '@heddle/contracts';
import type { Admission } from '../http/admission.ts';
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

interface Parts {
  readonly jobs: Parameters<typeof submitAndAwait>[0];
  /** Holds the bytes of the chunks that are on their way. */
  readonly admission: Pick<Admission, 'takeInTurn' | 'release'>;
}

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

  /**
   * Resolves when there is room for the next. Rejects with what a step before came to, with `payload_too_large` for a header that
   * would leave no room for rows, and with `overloaded` when the gateway has no room for the chunk.
   */
  async add(chunk: RecordChunk): Promise<void> {
    const header = this.#headerBefore(chunk);
    const bytes = chunk.bytes.length + (header?.length ?? 0);
    const { admission } = this.#parts;
    await admission.takeInTurn(bytes);
    const part = header ? withHeader(header, chunk) : chunk;
    this.#begin(() => this.#map(part).finally(() => admission.release(bytes)));
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

  /** What has to stand before a chunk: every one of CSV begins with the file's header, as the first that has any cells does by itself. */
  #headerBefore(chunk: RecordChunk): Buffer | undefined {
    if (this.#options.format !== 'csv' || this.#header) return this.#header;
    const header = headerOf(chunk.bytes, this.#options.delimiter);
    const most = mostBytes(this.#options.maxMessageBytes).header;
    if (header && header.length > most) {
      throw new HeddleError(
        'payload_too_large',
        `header: expected names of columns of at most ${most} bytes together, got ${header.length}`,
      );
    }
    this.#header = header;
    return undefined;
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
    const { id, waited } = await submitAndAwait(this.#parts.jobs, job, STEP_MS, this.#signal);
    const view = (await waited)?.ended;
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

/** Bytes of what a message for one chunk is made of, so that they fit together: a chunk's records end with one that began within `chunk`. */
export function mostBytes(maxMessageBytes: number): { chunk: number; record: number; header: number } {
  const quarter = Math.floor(maxMessageBytes / 4);
  return { chunk: quarter, record: 2 * quarter, header: quarter };
}

/** The lines of the header are counted again. */
function withHeader(header: Buffer, { bytes, firstLine }: RecordChunk): RecordChunk {
  return { bytes: Buffer.concat([header, bytes]), firstLine: firstLine - linesIn(header) };
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
