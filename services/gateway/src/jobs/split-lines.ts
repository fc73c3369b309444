/** A line without its end, or `tooLong`: its bytes were thrown away. */
export type Line = { readonly bytes: Buffer } | { readonly tooLong: true };

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Cuts a stream of bytes into lines, holding at most `maxBytes` of an unfinished one. */
export class LineSplitter {
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #tooLong = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the line that has not ended yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  /** The last line, if the stream did not end with a newline. */
  *end(): Generator<Line> {
    if (this.#pendingBytes > 0 || this.#tooLong) yield this.#take();
  }

  #keep(part: Buffer): void {
    if (part.length === 0 || this.#tooLong) return;
    if (this.#pendingBytes + part.length > this.#maxBytes) {
      this.#pending = [];
      this.#pendingBytes = 0;
      this.#tooLong = true;
      return;
    }
    this.#pending.push(part);
    this.#pendingBytes += part.length;
  }

  #take(): Line {
    const line: Line = this.#tooLong
      ? { tooLong: true }
      : {
          bytes: withoutReturn(
            this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending),
          ),
        };
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#tooLong = false;
    return line;
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}
