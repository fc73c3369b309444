import { SYNC_NAME, type SyncKind, type SyncObject, ValueError } from '@heddle/contracts';

/** The object of that kind and name. Throws `ValueError` for a name that is none. */
export function nameObject(kind: SyncKind, name: string): SyncObject {
  if (typeof name === 'string' && SYNC_NAME.test(name)) return `${kind}.${name}`;
  const expected = 'expected 1 to 100 letters, digits, ".", "_", ":" or "-"';
  throw new ValueError(`name: ${expected}, got ${JSON.stringify(name)}`);
}
