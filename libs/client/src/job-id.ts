import { createHash } from 'node:crypto';
import { v7 } from 'uuid';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;

/** A new job id: a UUIDv7, so that ids sort by the time they were made. */
export function newJobId(): string {
  return v7();
}

/**
 * The id of a job that follows from something that has an id: always the same for the same `origin` and `seed`, so that
 * making the job twice makes it once. A UUIDv7 with the origin's time (1970 if it is no UUIDv7), and a hash for chance.
 */
export function deriveJobId(origin: string, seed: string): string {
  const time = UUID_V7.test(origin) ? origin.slice(0, 13) : '00000000-0000';
  const hash = createHash('sha256').update(`${origin}/${seed}`).digest();
  // The variant's two bits, `10`, as RFC 9562 wants them.
  hash[2] = ((hash[2] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${time}-7${hex.slice(0, 3)}-${hex.slice(4, 8)}-${hex.slice(8, 20)}`;
}
