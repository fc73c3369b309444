import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { describeIssues, HeddleError, MAX_BATCH_JOBS, type RecorderRequest } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { tooLarge } from '../http/read-body.ts';
import { readJson } from '../http/read-json.ts';
import { type HeldLine, heldLines } from '../jobs/held-lines.ts';
import { checkInputs } from './check-inputs.ts';
import { inList, inputOf } from './chunk-inputs.ts';
import type { PlannedBatch, Source } from './plan-batch.ts';

/** Bytes of lines that are gathered before the recorder gets them; a longer line goes alone. */
const PART_BYTES = 1024 * 1024;
const PART_TIMEOUT_MS = 15_000;
/** How often a part is tried while the recorder or the broker is away: an upload outlasts a restart of theirs. */
const TRIES = 20;
const BETWEEN_TRIES_MS = 1_000;

type Parts = Pick<GatewayParts, 'recorder' | 'admission' | 'maxMessageBytes' | 'draining'>;

export interface Upload {
  readonly source: Source;
  readonly total: number;
  /** SHA-256 of the inputs, in hex; if it was wanted. */
  readonly digest: string | undefined;
}

export interface UploadOptions {
  /** Whether somebody asks for the digest. */
  readonly withDigest: boolean;
}

/** Inputs that stood side by side in a body, and about how many bytes they had together. */
export interface InputSlice {
  readonly inputs: readonly unknown[];
  readonly bytes: number;
}

/**
 * Reads the inputs of an NDJSON body, an input a line, and checks each. Few of them are the batch's source at once; many go
 * to the recorder part by part, as fast as it commits them, and count for nothing until the batch is created. Rejects as
 * the checks and the recorder do, after having the parts forgotten.
 */
export async function uploadInputs(
  request: IncomingMessage,
  planned: PlannedBatch,
  parts: Parts,
  options: UploadOptions,
): Promise<Upload> {
  return await gather(planned, parts, options, async (upload) => {
    for await (const line of heldLines(request, parts)) await upload.take(line);
  });
}

/** The same for inputs that are read already. */
export async function uploadSlices(
  slices: AsyncIterable<InputSlice>,
  planned: PlannedBatch,
  parts: Parts,
  options: UploadOptions,
): Promise<Upload> {
  return await gather(planned, parts, options, async (upload) => {
    for await (const slice of slices) await upload.takeSlice(slice);
  });
}

async function gather(
  planned: PlannedBatch,
  parts: Parts,
  options: UploadOptions,
  takeAll: (upload: InputUpload) => Promise<void>,
): Promise<Upload> {
  const upload = new InputUpload(planned, parts, options);
  try {
    await takeAll(upload);
    return await upload.end();
  } catch (error) {
    upload.abandon();
    throw inList(error, planned.chunk);
  }
}

class InputUpload {
  readonly #planned: PlannedBatch;
  readonly #parts: Parts;
  readonly #hash: Hash | undefined;
  #lines = 0;
  /** Inputs that the recorder has. */
  #staged = 0;
  #inputs: unknown[] = [];
  /** Of a chunk that is not full yet. */
  #items: unknown[] = [];
  #itemBytes = 0;
  #bytes = 0;
  #held: HeldLine[] = [];

  constructor(planned: PlannedBatch, parts: Parts, { withDigest }: UploadOptions) {
    this.#planned = planned;
    this.#parts = parts;
    this.#hash = withDigest ? createHash('sha256') : undefined;
  }

  async take(line: HeldLine): Promise<void> {
    this.#lines++;
    this.#held.push(line);
    if ('tooLong' in line) throw tooLarge(this.#parts.maxMessageBytes, 'more');
    if (line.bytes.length === 0) return;
    if (this.#isFull(line.bytes.length)) await this.#stage(line);
    this.#add(readLine(line.bytes, this.#lines), line.bytes.length);
  }

  async takeSlice({ inputs, bytes }: InputSlice): Promise<void> {
    const each = bytes / inputs.length;
    for (const input of inputs) {
      if (this.#isFull(each)) await this.#stage();
      this.#add(input, each);
    }
  }

  #isFull(more: number): boolean {
    return this.#inputs.length > 0 && this.#bytes + more > PART_BYTES;
  }

  #add(input: unknown, bytes: number): void {
    this.#hash?.update(`${JSON.stringify(input)}\n`);
    this.#bytes += bytes;
    this.#put(input, bytes);
    if (this.#staged + this.#inputs.length > MAX_BATCH_JOBS) {
      throw new HeddleError('invalid_request', `expected at most ${MAX_BATCH_JOBS} inputs`);
    }
  }

  #put(input: unknown, bytes: number): void {
    const { chunk } = this.#planned;
    if (chunk === undefined) return void this.#inputs.push(input);
    this.#items.push(input);
    this.#itemBytes += bytes;
    if (this.#itemBytes > this.#parts.maxMessageBytes) {
      throw tooLarge(this.#parts.maxMessageBytes, 'more in one chunk');
    }
    if (this.#items.length === chunk) this.#endChunk();
  }

  #endChunk(): void {
    if (this.#items.length > 0) this.#inputs.push(inputOf(this.#items, this.#planned.input));
    this.#items = [];
    this.#itemBytes = 0;
  }

  async end(): Promise<Upload> {
    this.#endChunk();
    const total = this.#staged + this.#inputs.length;
    if (total === 0) throw new HeddleError('invalid_request', 'inputs: expected at least one');
    const digest = this.#hash?.digest('hex');
    if (this.#staged > 0) {
      await this.#stage();
      return { source: { staged: total }, total, digest };
    }
    await checkInputs(this.#inputs, this.#planned.checkInput);
    this.#release();
    return { source: { inputs: this.#inputs }, total, digest };
  }

  abandon(): void {
    this.#release();
    const { recorder } = this.#parts;
    if (this.#staged === 0) return;
    // The recorder finds it out by itself, later.
    recorder.ask({ op: 'drop-batch-parts', batch: this.#planned.plan.id }).catch(() => undefined);
  }

  /** Gives the recorder what has been gathered; `next` is held for the part after it. */
  async #stage(next?: HeldLine): Promise<void> {
    const { plan, checkInput } = this.#planned;
    await checkInputs(this.#inputs, checkInput, this.#staged);
    await this.#keep({ op: 'batch-part', plan, first: this.#staged, inputs: this.#inputs });
    this.#staged += this.#inputs.length;
    this.#inputs = [];
    this.#bytes = 0;
    this.#release(next);
  }

  async #keep(part: Extract<RecorderRequest, { op: 'batch-part' }>): Promise<void> {
    const { recorder, draining } = this.#parts;
    for (let tried = 1; ; tried++) {
      if (draining.aborted) throw new HeddleError('shutting_down', 'this gateway is stopping; upload again');
      try {
        await recorder.ask(part, { timeoutMs: PART_TIMEOUT_MS });
        return;
      } catch (error) {
        if (!(error instanceof HeddleError) || !error.retryable || tried === TRIES) throw error;
        await pause(BETWEEN_TRIES_MS, undefined, { signal: draining }).catch(() => undefined);
      }
    }
  }

  #release(except?: HeldLine): void {
    for (const line of this.#held) if (line !== except) line.release();
    this.#held = except ? [except] : [];
  }
}

/** Throws `invalid_json` or `invalid_request` naming the line. */
function readLine(bytes: Buffer, number: number): unknown {
  try {
    return readJson(bytes);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const words = error.issues.length > 0 ? describeIssues(error.issues) : error.message;
    throw new HeddleError(error.code, `line ${number}: ${words}`, { cause: error });
  }
}
