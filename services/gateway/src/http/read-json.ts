import { isUtf8 } from 'node:buffer';
import { HeddleError, type Issue } from '@heddle/contracts';

/** Deeper JSON overflows the stack of whoever walks it recursively, here or in a worker. */
export const MAX_JSON_DEPTH = 100;

/**
 * What may hide something that Heddle refuses: an escaped control character (NUL), `__proto__`. Most bodies have none of
 * it, and are not walked. Looked for one by one: that is a tenth of the time of one expression for all.
 */
const SUSPICIOUS = ['\\u00', '__proto__'] as const;
/** What may be a number beyond the range of a double has so many digits, or so many in its exponent. */
const MANY_DIGITS = 200;
const MANY_EXPONENT_DIGITS = 3;

/**
 * Parses JSON from outside. Throws `invalid_json`, or `invalid_request` with the path of a value that cannot be
 * carried further: NUL characters, keys named `__proto__`, numbers that are no finite double, more than `maxDepth` levels of nesting.
 */
export function readJson(body: Buffer, maxDepth = MAX_JSON_DEPTH): unknown {
  if (!isUtf8(body)) throw new HeddleError('invalid_json', 'expected UTF-8, got other bytes');
  const text = body.toString('utf8');
  const hasLargeNumbers = scan(text, maxDepth);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HeddleError('invalid_json', `expected JSON: ${(error as Error).message}`, { cause: error });
  }
  if (hasLargeNumbers || SUSPICIOUS.some((part) => text.includes(part))) refuseWhatCannotTravel(value);
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const LETTER_E = 0x65;
/** Makes an ASCII letter small. */
const SMALL = 0x20;

/** Refuses deep nesting; gives whether some number may be too large. One walk for both: long bodies pay for each. */
function scan(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  let digits = 0;
  let hasLargeNumbers = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
      continue;
    }
    if (code >= ZERO && code <= NINE) {
      if (++digits === MANY_DIGITS) hasLargeNumbers = true;
      continue;
    }
    digits = 0;
    if (code === QUOTE) inString = true;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      if (++depth > maxDepth) {
        throw new HeddleError(
          'invalid_request',
          `expected at most ${MAX_JSON_DEPTH} levels of nesting, got more`,
        );
      }
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
    else if ((code | SMALL) === LETTER_E && hasManyDigits(text, at + 1)) hasLargeNumbers = true;
  }
  return hasLargeNumbers;
}

/** Of an exponent; leading zeros count. */
function hasManyDigits(text: string, from: number): boolean {
  const first = text.charCodeAt(from) === PLUS ? from + 1 : from;
  for (let at = first; at < first + MANY_EXPONENT_DIGITS; at++) {
    const code = text.charCodeAt(at);
    if (!(code >= ZERO && code <= NINE)) return false;
  }
  return true;
}

/** Recursion is safe: the depth has been checked. */
function refuseWhatCannotTravel(value: unknown, path = ''): void {
  if (typeof value === 'string' && value.includes('\0')) throw refusal(path, 'expected no NUL character');
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw refusal(path, 'expected a number in the range of a double, got a larger one');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const innerPath = path ? `${path}.${key}` : key;
    if (key === '__proto__') throw refusal(innerPath, 'expected no key of this name');
    if (key.includes('\0')) throw refusal(path, 'expected no NUL character in a key');
    refuseWhatCannotTravel(inner, innerPath);
  }
}

function refusal(path: string, message: string): HeddleError {
  const issue: Issue = { path, message };
  return new HeddleError('invalid_request', path ? `${path}: ${message}` : message, { issues: [issue] });
}
