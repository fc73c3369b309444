import { setImmediate as turn } from 'node:timers/promises';

/** Bytes between two turns of the event loop, and of one slice: it takes about a millisecond to parse. */
const SLICE_BYTES = 64 * 1024;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** A body cut up. Views of its bytes, not copies. */
export interface CutList {
  /** What stands before the list and after it: together, with a list between them, they are JSON. */
  readonly before: Buffer;
  readonly after: Buffer;
  /** The list without its brackets, cut at commas between its elements. */
  readonly slices: readonly Buffer[];
}

/**
 * Cuts JSON up whose root is an object with a list under `key`, so that it can be parsed a slice at a time. Gives other
 * requests their turn meanwhile. Undefined for a body of another kind, or whose brackets are at odds: parsing it as a
 * whole tells what is wrong. A body that it cuts may be no JSON all the same; then one of its parts is none.
 */
export async function cutList(body: Buffer, key: string): Promise<CutList | undefined> {
  const cutter = new Cutter(body, Buffer.from(JSON.stringify(key)));
  while (cutter.goOn(SLICE_BYTES)) await turn();
  return cutter.found();
}

class Cutter {
  readonly #body: Buffer;
  readonly #key: Buffer;
  #at = 0;
  #depth = 0;
  /** Where the last string at the root began and ended: a key, if a colon comes. */
  #string: readonly [from: number, to: number] = [0, 0];
  /** The value that comes next is the list. */
  #isNext = false;
  #listFrom: number | undefined;
  #listTo: number | undefined;
  #sliceFrom = 0;
  readonly #slices: Buffer[] = [];
  #isOdd = false;

  constructor(body: Buffer, key: Buffer) {
    this.#body = body;
    this.#key = key;
  }

  /** Walks on for about so many bytes; whether there are more. */
  goOn(bytes: number): boolean {
    const body = this.#body;
    const until = Math.min(this.#at + bytes, body.length);
    while (this.#at < until && !this.#isOdd) {
      const code = body[this.#at];
      if (code === QUOTE) this.#passString();
      else if (code === OPEN_BRACKET || code === OPEN_BRACE) this.#open(code);
      else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) this.#close(code);
      else if (code === COMMA) this.#comma();
      else if (code === COLON && this.#depth === 1) this.#startValue();
      this.#at++;
    }
    return this.#at < body.length && !this.#isOdd;
  }

  found(): CutList | undefined {
    const [from, to] = [this.#listFrom, this.#listTo];
    if (this.#isOdd || from === undefined || to === undefined || this.#depth !== 0) return undefined;
    return {
      before: this.#body.subarray(0, from),
      after: this.#body.subarray(to + 1),
      slices: this.#slices,
    };
  }

  #passString(): void {
    const body = this.#body;
    const from = this.#at;
    while (++this.#at < body.length && body[this.#at] !== QUOTE) {
      if (body[this.#at] === BACKSLASH) this.#at++;
    }
    if (this.#depth === 1) this.#string = [from, this.#at + 1];
  }

  #startValue(): void {
    const [from, to] = this.#string;
    this.#isNext = this.#body.subarray(from, to).equals(this.#key);
    // Of a key that is there twice JSON takes the last.
    if (this.#isNext && this.#listFrom !== undefined) this.#isOdd = true;
  }

  #open(code: number): void {
    this.#depth++;
    if (this.#depth === 1) this.#isOdd = code !== OPEN_BRACE;
    if (this.#depth !== 2 || !this.#isNext) return;
    this.#isNext = false;
    if (code !== OPEN_BRACKET) this.#isOdd = true;
    this.#listFrom = this.#at;
    this.#sliceFrom = this.#at + 1;
  }

  #close(code: number): void {
    this.#depth--;
    if (this.#depth !== 1 || this.#listFrom === undefined || this.#listTo !== undefined) return;
    if (code !== CLOSE_BRACKET) this.#isOdd = true;
    this.#listTo = this.#at;
    this.#slices.push(this.#body.subarray(this.#sliceFrom, this.#at));
  }

  #comma(): void {
    const inList = this.#depth === 2 && this.#listFrom !== undefined && this.#listTo === undefined;
    if (!inList || this.#at - this.#sliceFrom < SLICE_BYTES) return;
    this.#slices.push(this.#body.subarray(this.#sliceFrom, this.#at));
    this.#sliceFrom = this.#at + 1;
  }
}
