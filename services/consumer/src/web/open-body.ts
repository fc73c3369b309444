import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { HeddleError } from '@heddle/contracts';

/** More would be a toy of somebody who wants to see what happens. */
const MAX_CODINGS = 2;

const decoders = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

/** Codings that are undone, for `accept-encoding`. */
export const ACCEPTED_CODINGS = 'gzip, br';

/** A body without its codings, chunk by chunk as it is asked for, so that a bomb unfolds no further than somebody reads. `web_too_large` after `maxBytes` as they came, though they should unfold to nothing. */
export function openBody(
  body: Readable,
  encoding: string | string[] | undefined,
  maxBytes: number,
): AsyncIterable<Buffer> {
  const codings = String(encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const limited = limit(body, maxBytes);
  if (codings.length === 0) return limited;
  const unknown = codings.find((coding) => !(coding in decoders));
  if (unknown !== undefined || codings.length > MAX_CODINGS) {
    throw new HeddleError(
      'web_status',
      `expected at most ${MAX_CODINGS} content codings of ${Object.keys(decoders).join(', ')}, got "${codings.join(', ').slice(0, 100)}"`,
    );
  }
  const [first, second] = codings.toReversed().map((coding) => decoders[coding as keyof typeof decoders]());
  // What goes wrong comes out at the end that is read.
  return second
    ? pipeline(limited, first as NodeJS.ReadWriteStream, second, () => undefined)
    : pipeline(limited, first as Exclude<typeof first, undefined>, () => undefined);
}

async function* limit(body: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

export function tooLarge(maxBytes: number): HeddleError {
  return new HeddleError('web_too_large', `expected at most ${maxBytes} bytes, got more`);
}
