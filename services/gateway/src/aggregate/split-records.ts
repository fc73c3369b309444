import { HeddleError } from '@heddle/contracts';

const NEWLINE = 0x0a;
const QUOTE = 0x22;

/** Some whole records of a file. */
export interface RecordChunk {
  readonly bytes: Buffer;
  /** Line of the file on which it begins, from 1. */
  readonly firstLine: number;
}

/**
 * Cuts a file into chunks of whole records: lines, but in CSV those within quotes do not end a record. A quote toggles, and a doubled one
 * toggles twice, so that counting them is enough.
 */
export class RecordSplitter {
  readonly #hasQuotes: boolean;
  readonly #chunkBytes: number;
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** In `#pending`: where the last whole record ends. */
  #wholeBytes = 0;
  #lines = 0;
  #wholeLines = 0;
  #firstLine = 1;
  #inQuotes = false;

  /** Chunks have `chunkBytes` or more, for records of at most `maxBytes`. */
  constructor(format: 'ndjson' | 'csv', chunkBytes: number, maxBytes: number) {
    this.#hasQuotes = format === 'csv';
    this.#chunkBytes = chunkBytes;
    this.#maxBytes = maxBytes;
  }

  /** Throws `payload_too_large` for a record that no message could carry. */
  *push(part: Buffer): Generator<RecordChunk> {
    let from = 0;
    for (let at = 0; at < part.length; at += 1) {
      const byte = part[at];
      if (byte === QUOTE && this.#hasQuotes) this.#inQuotes = !this.#inQuotes;
      if (byte !== NEWLINE) continue;
      this.#lines += 1;
      if (this.#inQuotes) continue;
      this.#wholeBytes = this.#pendingBytes + at + 1 - from;
      this.#wholeLines = this.#lines;
      if (this.#wholeBytes < this.#chunkBytes) continue;
      this.#keep(part.subarray(from, at + 1));
      from = at + 1;
      yield this.#take();
    }
    this.#keep(part.subarray(from));
    if (this.#pendingBytes - this.#wholeBytes > this.#maxBytes) {
      throw new HeddleError(
        'payload_too_large',
        `line ${this.#firstLine + this.#wholeLines}: expected a record of at most ${this.#maxBytes} bytes, got more`,
      );
    }
  }

  /** What is left, the last record with or without its line end. */
  *end(): Generator<RecordChunk> {
    if (this.#pendingBytes > 0) yield this.#take();
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#pending.push(part);
    this.#pendingBytes += part.length;
  }

  #take(): RecordChunk {
    const chunk = { bytes: Buffer.concat(this.#pending, this.#pendingBytes), firstLine: this.#firstLine };
    this.#firstLine += this.#lines;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#wholeBytes = 0;
    this.#lines = 0;
    this.#wholeLines = 0;
    return chunk;
  }
}

/** The header of a CSV file and what comes behind it, from the first chunk. */
export function takeHeader({ bytes, firstLine }: RecordChunk): { header: Buffer; rest: RecordChunk } {
  let inQuotes = false;
  let lines = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] === QUOTE) inQuotes = !inQuotes;
    if (bytes[at] !== NEWLINE) continue;
    lines += 1;
    if (!inQuotes) {
      return {
        header: bytes.subarray(0, at + 1),
        rest: { bytes: bytes.subarray(at + 1), firstLine: firstLine + lines },
      };
    }
  }
  return { header: bytes, rest: { bytes: bytes.subarray(bytes.length), firstLine: firstLine + lines } };
}
