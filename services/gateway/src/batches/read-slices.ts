import { setImmediate as turn } from 'node:timers/promises';
import { describeIssues, HeddleError } from '@heddle/contracts';
import { cutList } from '../http/cut-list.ts';
import { MAX_JSON_DEPTH, readJson } from '../http/read-json.ts';
import type { InputSlice } from './upload-inputs.ts';

/** The key of a batch's list, and what stands in its place while the rest is read. */
const KEY = 'inputs';
const PLACE = Buffer.from('[null]');
const BRACKETS = [Buffer.from('['), Buffer.from(']')] as const;

/** A long body of a batch. */
export interface SlicedBody {
  /** The body, with one input of nothing instead of its inputs. */
  readonly others: unknown;
  /** Its inputs; each slice is parsed when it is asked for, after a turn of the event loop. */
  readonly slices: AsyncIterable<InputSlice>;
}

/**
 * Reads a batch with a long list of inputs without keeping everybody else waiting for it. Undefined for a body that must be read as
 * a whole. Throws as `readJson` does, the slices too, which name faults by their places in the body.
 */
export async function readSlices(body: Buffer): Promise<SlicedBody | undefined> {
  const cut = await cutList(body, KEY);
  // An empty list is no batch, which the whole body's check says.
  if (!cut || cut.slices.every(isBlank)) return undefined;
  const others = readJson(Buffer.concat([cut.before, PLACE, cut.after]));
  return isPlace((others as { [KEY]?: unknown })[KEY])
    ? { others, slices: parseSlices(cut.slices) }
    : undefined;
}

/** Not so when the key came again, in other letters. */
function isPlace(value: unknown): boolean {
  return Array.isArray(value) && value.length === 1 && value[0] === null;
}

async function* parseSlices(slices: readonly Buffer[]): AsyncGenerator<InputSlice> {
  const [open, close] = BRACKETS;
  let first = 0;
  for (const slice of slices) {
    await turn();
    const inputs = at(first, () => {
      if (isBlank(slice)) throw new HeddleError('invalid_json', 'expected JSON: an input after the comma');
      return readJson(Buffer.concat([open, slice, close]), MAX_JSON_DEPTH - 1) as unknown[];
    });
    yield { inputs, bytes: slice.length };
    first += inputs.length;
  }
}

function isBlank(slice: Buffer): boolean {
  return slice.length < 100 && slice.toString().trim() === '';
}

/** Names faults by their places in the whole list. */
function at<T>(first: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const issues = error.issues.map(({ path, message }) => ({
      path: path.replace(/^\d+/, (place) => `${KEY}.${first + Number(place)}`),
      message,
    }));
    const words = issues.length > 0 ? describeIssues(issues) : `${KEY}, from ${first} on: ${error.message}`;
    throw new HeddleError(error.code, words, { cause: error, issues });
  }
}
