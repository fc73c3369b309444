import { type BatchView, type batchBodySchema, type JobState, TimeoutError } from '@heddle/contracts';
import type { z } from 'zod';
import { Deadline, type Timeout } from '../futures/wait-limit.ts';
import type { GatewayCaller } from './call-gateway.ts';
import { readEvents, type SentEvent } from './read-events.ts';

/** As in `POST /v1/batches`: durations are milliseconds or text such as `"30s"`. */
export type NewBatch = z.input<typeof batchBodySchema>;

/** What an upload says besides its inputs. */
export type UploadOptions = Pick<
  NewBatch,
  'task' | 'chunk' | 'onFailure' | 'priority' | 'tags' | 'timeout' | 'ttl' | 'resultTtl'
> & {
  /** The task of the reduce job. */
  readonly reduce?: string;
  /** Its URL. */
  readonly webhook?: string;
};

interface Keyed {
  /** The same key again gives the same batch. */
  readonly idempotencyKey?: string | undefined;
}

export interface SubmittedBatch {
  readonly id: string;
  readonly task: string;
  readonly state: BatchView['state'];
  readonly total: number;
}

export interface BatchJobResult {
  /** Place of its input. */
  readonly index: number;
  readonly id: string;
  readonly state: JobState;
  readonly result: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
}

const PAGE = 1_000;

/** `/v1/batches` */
export class Batches {
  readonly #gateway: GatewayCaller;

  constructor(gateway: GatewayCaller) {
    this.#gateway = gateway;
  }

  /** Resolves when the batch is sure to run. */
  submit(batch: NewBatch, { idempotencyKey }: Keyed = {}): Promise<SubmittedBatch> {
    return this.#gateway.call({
      method: 'POST',
      path: '/v1/batches',
      body: batch,
      headers: keyHeader(idempotencyKey),
      repeatable: idempotencyKey !== undefined,
    });
  }

  /** The same for inputs of any number, which are read only as fast as the recorder keeps them. */
  upload(
    { tags, ...options }: UploadOptions,
    inputs: Iterable<unknown> | AsyncIterable<unknown>,
    { idempotencyKey }: Keyed = {},
  ): Promise<SubmittedBatch> {
    return this.#gateway.call({
      method: 'POST',
      path: '/v1/batches',
      query: { ...options, tag: tags },
      lines: linesOf(inputs),
      headers: keyHeader(idempotencyKey),
    });
  }

  show(id: string): Promise<BatchView> {
    return this.#gateway.call({ method: 'GET', path: pathOf(id) });
  }

  /** Cancels what is left of it. */
  cancel(id: string): Promise<BatchView> {
    return this.#gateway.call({ method: 'DELETE', path: pathOf(id) });
  }

  /** Its jobs in the order of their inputs, read page by page; those that are not made yet are not there. */
  async *results(id: string): AsyncGenerator<BatchJobResult, void> {
    for (let first: number | null = 0; first !== null; ) {
      const page: { results: BatchJobResult[]; next: number | null } = await this.#gateway.call({
        method: 'GET',
        path: `${pathOf(id)}/results`,
        query: { first, limit: PAGE },
      });
      yield* page.results;
      first = page.next;
    }
  }

  /** Its counts as they change, up to its end. */
  async *events(
    id: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<SentEvent, void> {
    yield* readEvents(await this.#gateway.open({ method: 'GET', path: `${pathOf(id)}/events`, signal }));
  }

  /** The batch once it has ended, however. Rejects with `TimeoutError` after `wait`, by default never. */
  async ended(id: string, wait?: Timeout): Promise<BatchView> {
    const left = new AbortController();
    const deadline = new Deadline(wait);
    const words = () => `batch ${id} has not ended in time`;
    try {
      return await deadline.limit(this.#untilEnded(id, left.signal), words);
    } catch (error) {
      if (error instanceof TimeoutError) left.abort();
      throw error;
    }
  }

  async #untilEnded(id: string, signal: AbortSignal): Promise<BatchView> {
    for (;;) {
      // They end with the batch, or with the gateway.
      for await (const _ of this.events(id, { signal }));
      const batch = await this.show(id);
      if (batch.state !== 'running' || signal.aborted) return batch;
    }
  }
}

function pathOf(id: string): string {
  return `/v1/batches/${encodeURIComponent(id)}`;
}

function keyHeader(idempotencyKey: string | undefined): Readonly<Record<string, string>> {
  return idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
}

async function* linesOf(inputs: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const input of inputs) yield Buffer.from(`${JSON.stringify(input)}\n`);
}
