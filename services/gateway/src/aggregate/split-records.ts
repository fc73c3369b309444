import { HeddleError } from '@heddle/contracts';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
/** A byte order mark may stand before the first cell. */
const BOM = [0xef, 0xbb, 0xbf];
/** Bytes of a record without any character: byte order mark, two quotes, line end. */
const LONGEST_EMPTY = 7;

/** Some whole records of a file. */
export interface RecordChunk {
  readonly bytes: Buffer;
  /** Line of the file on which it begins, from 1. */
  readonly firstLine: number;
}

/**
 * Where quotes of CSV open and close, as the parser of the rows sees them: at the beginning of a cell, and a second one right behind one that
 * has closed. Any other is a character of its cell.
 */
class Quotes {
  readonly #delimiter: number;
  isInside = false;
  /** Place in the file of the quote that closed last. */
  #closedAt = -2;

  constructor(delimiter: string) {
    this.#delimiter = delimiter.charCodeAt(0);
  }

  /** A quote at a place in the file, and the byte before it; none: it is the first, or nothing but a byte order mark stands before it. */
  see(at: number, before: number | undefined): void {
    if (this.isInside) {
      this.isInside = false;
      this.#closedAt = at;
    } else {
      const beginsCell = before === undefined || before === NEWLINE || before === this.#delimiter;
      this.isInside = beginsCell || at === this.#closedAt + 1;
    }
  }
}

/** Cuts a file into chunks of whole records: lines, but in CSV those within quotes do not end a record. */
export class RecordSplitter {
  readonly #quotes: Quotes | undefined;
  readonly #chunkBytes: number;
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** In `#pending`: where the last whole record ends. */
  #wholeBytes = 0;
  #lines = 0;
  #wholeLines = 0;
  #firstLine = 1;
  /** Of the file, before the part that is looked at. */
  #seenBytes = 0;
  #lastByte: number | undefined;
  /** Bytes of a byte order mark with which the file begins. */
  #markBytes = 0;

  /** Chunks have `chunkBytes` or more, for records of at most `maxBytes`. `delimiter`: of CSV; none: every line is a record. */
  constructor(delimiter: string | undefined, chunkBytes: number, maxBytes: number) {
    this.#quotes = delimiter === undefined ? undefined : new Quotes(delimiter);
    this.#chunkBytes = chunkBytes;
    this.#maxBytes = maxBytes;
  }

  /** Throws `payload_too_large` for a record that no message could carry. */
  *push(part: Buffer): Generator<RecordChunk> {
    let from = 0;
    this.#seeMark(part);
    for (let at = 0; at < part.length; at += 1) {
      const byte = part[at];
      if (byte === QUOTE) this.#seeQuote(part, at);
      if (byte !== NEWLINE) continue;
      this.#lines += 1;
      if (this.#quotes?.isInside) continue;
      const whole = this.#pendingBytes + at + 1 - from;
      this.#requireShort(whole);
      this.#wholeBytes = whole;
      this.#wholeLines = this.#lines;
      if (this.#wholeBytes < this.#chunkBytes) continue;
      this.#keep(part.subarray(from, at + 1));
      from = at + 1;
      yield this.#take();
    }
    this.#keep(part.subarray(from));
    this.#seenBytes += part.length;
    this.#lastByte = part.at(-1) ?? this.#lastByte;
    this.#requireShort(this.#pendingBytes);
  }

  /** What is left, the last record with or without its line end. */
  *end(): Generator<RecordChunk> {
    if (this.#pendingBytes > 0) yield this.#take();
  }

  /** Of the bytes that are pending, so far: those behind the last whole record are one that has begun, or has just ended. */
  #requireShort(bytes: number): void {
    if (bytes - this.#wholeBytes <= this.#maxBytes) return;
    throw new HeddleError(
      'payload_too_large',
      `line ${this.#firstLine + this.#wholeLines}: expected a record of at most ${this.#maxBytes} bytes, got more`,
    );
  }

  /** How much of a byte order mark the file begins with. */
  #seeMark(part: Buffer): void {
    for (let at = 0; at < part.length && this.#markBytes === this.#seenBytes + at; at += 1) {
      if (part[at] !== BOM[this.#markBytes]) return;
      this.#markBytes += 1;
    }
  }

  #seeQuote(part: Buffer, at: number): void {
    const place = this.#seenBytes + at;
    const isFirst = place === BOM.length && this.#markBytes === BOM.length;
    const before = at > 0 ? part[at - 1] : this.#lastByte;
    this.#quotes?.see(place, isFirst ? undefined : before);
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

/** The first record of some CSV that is no empty line; undefined: there is none. */
export function headerOf(csv: Buffer, delimiter: string): Buffer | undefined {
  const splitter = new RecordSplitter(delimiter, 1, Number.POSITIVE_INFINITY);
  for (const { bytes } of splitter.push(csv)) if (!isEmpty(bytes)) return bytes;
  for (const { bytes } of splitter.end()) if (!isEmpty(bytes)) return bytes;
  return undefined;
}

function isEmpty(record: Buffer): boolean {
  return record.length <= LONGEST_EMPTY && /^\uFEFF?(?:"")?\r?\n?$/.test(record.toString());
}
