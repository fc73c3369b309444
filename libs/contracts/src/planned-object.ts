import { MAX_PERMITS, SYNC_NAME, type SyncKind, type SyncObject, syncKinds } from './sync.ts';
import { ValueError } from './toolbox-error.ts';

/** A named object of the toolbox, or all of a kind whose names begin alike. */
export interface PlannedObject {
  readonly kind: SyncKind;
  /** The object, or with `isPrefix` what the objects' names begin with. */
  readonly object: SyncObject;
  readonly isPrefix: boolean;
  /** Of a semaphore. */
  readonly permits: number;
}

const SEMAPHORES: readonly SyncKind[] = ['semaphore', 'bounded-semaphore'];
const EXPECTED = `expected KIND.NAME such as "lock.bank", "semaphore.gpu=4" for one with 4 permits, or "lock.account-*" for all that begin so; kinds: ${syncKinds.join(', ')} (of SimpleQueue; what the recorder keeps needs no declaring)`;

/**
 * Reads how an object is named where objects are made beforehand: as everywhere, `lock.bank`; `semaphore.gpu=4` has 4 permits, 1
 * without a number. `lock.account-*` are those that programs make themselves. Throws `ValueError`.
 */
export function parsePlannedObject(text: string): PlannedObject {
  const [, found = '', name = '', star, count] = text.match(/^([a-z-]+)\.([\w.:-]*)(\*)?(?:=(\d+))?$/) ?? [];
  const kind = syncKinds.find((one) => one === found);
  const isPrefix = star !== undefined;
  const permits = count === undefined ? 1 : Number(count);
  const counts = count === undefined || (!isPrefix && kind !== undefined && SEMAPHORES.includes(kind));
  if (!kind || !counts || permits > MAX_PERMITS || !SYNC_NAME.test(isPrefix ? `${name}x` : name)) {
    throw new ValueError(`${EXPECTED}; got "${text}"`);
  }
  return { kind, object: `${kind}.${name}`, isPrefix, permits };
}
