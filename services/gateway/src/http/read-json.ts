import { isUtf8 } from 'node:buffer';
import { HeddleError, type Issue } from '@heddle/contracts';

/** Deeper JSON overflows the stack of whoever walks it recursively, here or in a worker. */
export const MAX_JSON_DEPTH = 100;

/**
 * What may hide something that Heddle refuses: an escaped control character (NUL), `__proto__`, a number beyond
 * the range of a double. Most bodies have none of it, and are not walked.
 */
const SUSPICIOUS = /\\u00|__proto__|[eE]\+?\d{3}|\d{200}/;

/**
 * Parses JSON from outside. Throws `invalid_json`, or `invalid_request` with the path of a value that cannot be
 * carried further: NUL characters, keys named `__proto__`, numbers that are no finite double, deep nesting.
 */
export function readJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new HeddleError('invalid_json', 'expected UTF-8, got other bytes');
  const text = body.toString('utf8');
  if (text.length > 2 * MAX_JSON_DEPTH) refuseDeepNesting(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HeddleError('invalid_json', `expected JSON: ${(error as Error).message}`, { cause: error });
  }
  if (SUSPICIOUS.test(text)) refuseWhatCannotTravel(value);
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function refuseDeepNesting(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      if (++depth > MAX_JSON_DEPTH) {
        throw new HeddleError(
          'invalid_request',
          `expected at most ${MAX_JSON_DEPTH} levels of nesting, got more`,
        );
      }
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
  }
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
