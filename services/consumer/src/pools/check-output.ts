import { HeddleError } from '@heddle/contracts';

const MAX_NAME_CHARACTERS = 200;
const MAX_META_BYTES = 16 * 1024;

/** Where outputs are checked: in the process that runs the handler, so that a bad one fails where it is made. */
export class OutputCheck {
  readonly #maxBytes: number;
  readonly #names = new Set<string>();

  /** `maxBytes`: the most that one output may have. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Throws `invalid_output` for a name, type or meta that cannot be sent, and `output_too_large`. */
  check(name: string, type: string, bytes: Uint8Array, meta: Record<string, unknown> | undefined): void {
    if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_CHARACTERS) {
      throw invalid(`name: expected 1 to ${MAX_NAME_CHARACTERS} characters, got ${JSON.stringify(name)}`);
    }
    if (this.#names.has(name)) throw invalid(`name: "${name}" has been given already`);
    if (typeof type !== 'string' || type.length > MAX_NAME_CHARACTERS) {
      throw invalid(`type: expected up to ${MAX_NAME_CHARACTERS} characters, got ${JSON.stringify(type)}`);
    }
    if (!(bytes instanceof Uint8Array)) throw invalid(`bytes: expected a Uint8Array, got ${typeof bytes}`);
    if (bytes.byteLength > this.#maxBytes) {
      throw new HeddleError(
        'output_too_large',
        `output "${name}": expected at most ${this.#maxBytes} bytes, got ${bytes.byteLength}`,
      );
    }
    if (meta !== undefined && jsonBytes(meta) > MAX_META_BYTES) {
      throw invalid(`meta of "${name}": expected JSON of at most ${MAX_META_BYTES} bytes`);
    }
    this.#names.add(name);
  }
}

function jsonBytes(value: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function invalid(message: string): HeddleError {
  return new HeddleError('invalid_output', `output ${message}`);
}
