import { replyCode, replyCodeOf } from '@heddle/broker';
import { HeddleError, RuntimeError, type SyncObject, ValueError } from '@heddle/contracts';
import type { SyncSession } from './sync-session.ts';

/** What another attempt may mend is forgotten, so that the next one looks whether the object is there; all else is thrown. */
export function throwIfFinal(session: SyncSession, object: SyncObject, error: unknown): void {
  const code = replyCodeOf(error);
  if (code === replyCode.notFound) session.broker.forget(object);
  if (code === replyCode.accessRefused) {
    throw new RuntimeError(`${object}: the broker refuses it`, { cause: error });
  }
  if (error instanceof ValueError || error instanceof RuntimeError) throw error;
  if (error instanceof HeddleError && error.code === 'shutting_down') throw error;
}
