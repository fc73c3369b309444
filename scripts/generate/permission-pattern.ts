/** Regular expressions in RabbitMQ's sense: what a user may configure, write and read. */
export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** An anchored alternation for RabbitMQ; `<…>` in a name becomes "anything that is not empty". */
export function pattern(all: readonly string[]): string {
  const unique = [...new Set(all)].toSorted();
  if (unique.length === 0) return '^$';
  return `^(${unique.map((name) => name.replaceAll('.', '\\.').replace(/<[^>]+>/, '.+')).join('|')})$`;
}
