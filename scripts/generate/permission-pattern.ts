/** Regular expressions in RabbitMQ's sense: what a user may configure, write and read. */
export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** What may stand in the place of `<…>` in a name, as a regular expression. */
export type FillIns = Readonly<Record<string, string>>;

/** An anchored alternation for RabbitMQ; `<…>` in a name becomes what `fillIns` has for it, else "anything that is not empty". */
export function pattern(all: readonly string[], fillIns: FillIns = {}): string {
  const unique = [...new Set(all)].toSorted();
  if (unique.length === 0) return '^$';
  const ofName = (name: string) =>
    literal(name).replaceAll(/<[^>]+>/g, (placeholder) => fillIns[placeholder] ?? '.+');
  return `^(${unique.map(ofName).join('|')})$`;
}

/** One of these, and nothing else. */
export function oneOf(names: readonly string[]): string {
  const unique = [...new Set(names)].toSorted().map(literal);
  return unique.length === 1 ? (unique[0] as string) : `(${unique.join('|')})`;
}

function literal(name: string): string {
  return name.replaceAll('.', '\\.');
}
