const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** The partition, from 0, that a key's jobs go to: the same everywhere and for ever. */
export function partitionOf(key: string, partitions: number): number {
  // FNV-1a with a last mix, since its low bits alone are those of the last characters.
  let hash = OFFSET;
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, PRIME);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) % partitions;
}
