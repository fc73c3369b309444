import { HeddleError } from '@heddle/contracts';
import { z } from 'zod';

/** The last job of a page: the next page begins after it. New jobs come before it, so pages never shift. */
export interface PageEnd {
  readonly acceptedAt: number;
  readonly id: string;
}

const cursorSchema = z.tuple([z.int().min(0), z.string().min(1).max(200)]);

export function encodeCursor(end: PageEnd): string {
  return Buffer.from(JSON.stringify([end.acceptedAt, end.id])).toString('base64url');
}

/** Throws `invalid_cursor` for what `encodeCursor` has not made. */
export function decodeCursor(cursor: string): PageEnd {
  try {
    const [acceptedAt, id] = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { acceptedAt, id };
  } catch (cause) {
    throw new HeddleError('invalid_cursor', 'expected the `next` of an earlier answer', { cause });
  }
}
