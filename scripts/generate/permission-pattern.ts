/** Regular expressions in RabbitMQ's sense: what a user may configure, write and read. */
export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** RabbitMQ 4.3 takes no longer one. */
export const MOST_PATTERN_BYTES = 1_024;

/** What stands around the name of a task, as regular expressions. */
export interface AroundTask {
  readonly before: string;
  readonly after: string;
}

/** What may stand in the place of `<…>` in a name: a regular expression, or the name of one of `tasks` within something else. */
export interface FillIns {
  /** A regular expression. */
  readonly tasks: string;
  readonly of: Readonly<Record<string, string | readonly AroundTask[]>>;
}

/**
 * An anchored alternation for RabbitMQ; `<…>` in a name becomes what `fillIns` has for it, else "anything that is not empty". The
 * tasks, of which there may be many, stand in it as seldom as can be: once for all that has the same behind them.
 */
export function pattern(all: readonly string[], fillIns?: FillIns): string {
  const unique = [...new Set(all)].toSorted();
  if (unique.length === 0) return '^$';
  const plain: string[] = [];
  const beforeTasks = new Map<string, string[]>();
  for (const name of unique) {
    const text = literal(name).replaceAll(PLACEHOLDER, (found) => {
      const fillIn = fillIns?.of[found];
      return fillIn === undefined ? '.+' : typeof fillIn === 'string' ? fillIn : found;
    });
    const [placeholder = ''] = text.match(PLACEHOLDER) ?? [];
    const arounds = fillIns?.of[placeholder];
    if (arounds === undefined || typeof arounds === 'string') {
      plain.push(text);
      continue;
    }
    const [before = '', after = ''] = text.split(placeholder);
    for (const around of arounds) {
      const behind = around.after + after;
      beforeTasks.set(behind, [...(beforeTasks.get(behind) ?? []), before + around.before]);
    }
  }
  const ofTasks = [...beforeTasks].map(([after, before]) => choice(before) + fillIns?.tasks + after);
  return `^(${[...plain, ...ofTasks].join('|')})$`;
}

const PLACEHOLDER = /<[^>]+>/g;

/** One of these, and nothing else. What has the same first word shares it. */
export function oneOf(names: readonly string[]): string {
  const unique = [...new Set(names)].toSorted();
  const byWord = new Map<string, string[]>();
  const whole: string[] = [];
  for (const name of unique) {
    const dot = name.indexOf('.');
    if (dot === -1) whole.push(literal(name));
    else byWord.set(name.slice(0, dot), [...(byWord.get(name.slice(0, dot)) ?? []), name.slice(dot + 1)]);
  }
  return choice([...whole, ...[...byWord].map(([word, rests]) => `${literal(word)}\\.${oneOf(rests)}`)]);
}

function choice(alternatives: readonly string[]): string {
  const all = alternatives.join('|');
  return alternatives.length === 1 ? all : `(${all})`;
}

function literal(name: string): string {
  return name.replaceAll('.', '\\.');
}
