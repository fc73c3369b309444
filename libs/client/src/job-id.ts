import { v7 } from 'uuid';

/** A new job id: a UUIDv7, so that ids sort by the time they were made. */
export function newJobId(): string {
  return v7();
}
