import type { IncomingMessage } from 'node:http';
import { HeddleError } from '@heddle/contracts';

/** The request's media type in lower case, without parameters; empty when it has none. */
export function mediaTypeOf(request: IncomingMessage): string {
  const header = request.headers['content-type'] ?? '';
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
}

/** Throws `unsupported_media_type` unless the request has one of these types, uncompressed and, if it is text, in UTF-8. */
export function requireMediaType(request: IncomingMessage, types: readonly string[]): void {
  const header = request.headers['content-type'];
  // The hot route's clients send exactly this.
  if (header === types[0] && request.headers['content-encoding'] === undefined) return;
  const type = mediaTypeOf(request);
  if (!types.includes(type)) {
    throw new HeddleError(
      'unsupported_media_type',
      `expected Content-Type ${types.join(' or ')}, got ${type || 'none'}`,
    );
  }
  const charset = /;\s*charset="?([^";\s]+)/i.exec(header ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw new HeddleError('unsupported_media_type', `expected charset utf-8, got ${charset}`);
  }
  refuseContentEncoding(request);
}

export function refuseContentEncoding(request: IncomingMessage): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new HeddleError('unsupported_media_type', `expected no Content-Encoding, got ${encoding}`);
  }
}
