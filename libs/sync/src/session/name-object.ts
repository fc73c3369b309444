import { type KeyedKind, SYNC_NAME, type SyncKind, ValueError } from '@heddle/contracts';

/** The object of that kind and name. Throws `ValueError` for a name that is none. */
export function nameObject<K extends SyncKind | KeyedKind>(kind: K, name: string): `${K}.${string}` {
  if (typeof name === 'string' && SYNC_NAME.test(name)) return `${kind}.${name}`;
  const expected = 'expected 1 to 100 letters, digits, ".", "_", ":" or "-"';
  throw new ValueError(`name: ${expected}, got ${JSON.stringify(name)}`);
}
