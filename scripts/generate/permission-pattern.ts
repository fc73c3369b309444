import { alternatives, group, type Links, literal } from './shorten-alternatives.ts';

/** Regular expressions in RabbitMQ's sense: what a user may configure, write and read. */
export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** RabbitMQ 4.3 takes no longer one. */
export const MOST_PATTERN_BYTES = 1_024;

/** What stands around the name of a task: text before it, a regular expression behind it. */
export interface AroundTask {
  readonly before: string;
  readonly after: string;
}

/** What may stand in the place of `<…>` in a name: a regular expression, or the name of one of `tasks` within something else. */
export interface FillIns {
  readonly tasks: readonly string[];
  readonly of: Readonly<Record<string, string | readonly AroundTask[]>>;
}

/** Kept when a text is split by it. */
const PLACEHOLDER = /(<[^>]+>)/;

/**
 * An anchored alternation for RabbitMQ; `<…>` in a name becomes what `fillIns` has for it, else "anything that is not empty". The
 * tasks, of which there may be many, stand in it once.
 */
export function pattern(all: readonly string[], fillIns?: FillIns): string {
  const names = [...new Set(all)].toSorted();
  if (names.length === 0) return '^$';
  const plain: Links[] = [];
  const aroundTasks = new Map<string, Around>();
  for (const name of names) {
    const [placeholder = ''] = name.match(PLACEHOLDER) ?? [];
    const at = name.indexOf(placeholder);
    const [before, after] = [name.slice(0, at), name.slice(at + placeholder.length)];
    const fillIn = fillIns?.of[placeholder];
    if (placeholder === '' || fillIn === undefined || typeof fillIn === 'string') {
      plain.push(filledIn(name, fillIns));
      continue;
    }
    for (const one of fillIn) {
      const begins = before + one.before;
      const known = aroundTasks.get(begins) ?? { before: literal(begins), afters: new Set() };
      aroundTasks.set(begins, known);
      known.afters.add(one.after + filledIn(after, fillIns).join(''));
    }
  }
  const ofTasks = aroundTasks.size === 0 ? [] : everyTask(fillIns?.tasks ?? [], [...aroundTasks.values()]);
  return `^${group(alternatives([...plain, ...ofTasks]))}$`;
}

/** One of these, and nothing else. */
export function oneOf(names: readonly string[]): string {
  return group(alternatives([...new Set(names)].map(literal)));
}

/** What the names of tasks may have behind them where this stands before. */
interface Around {
  readonly before: Links;
  readonly afters: Set<string>;
}

/** With no task in it. */
function filledIn(text: string, fillIns: FillIns | undefined): Links {
  return text.split(PLACEHOLDER).flatMap((part) => {
    const fillIn = fillIns?.of[part];
    if (part.startsWith('<')) return [typeof fillIn === 'string' ? fillIn : '.+'];
    return literal(part);
  });
}

/**
 * The tasks within all that stands around them. Which ends go with which beginning is said by looking ahead, so that the tasks need be named
 * once; a task whose own name ends like something that stands behind names would be taken for another one with that, and is named each time.
 */
function everyTask(tasks: readonly string[], arounds: readonly Around[]): Links[] {
  const afters = [...new Set(arounds.flatMap((around) => [...around.afters]))].toSorted();
  const ends = afters.flatMap((after) => [after, ...withoutEnds(after, afters)]).filter((end) => end !== '');
  const endsLikeOne = new RegExp(`(${ends.join('|')})$`);
  const unclear = ends.length === 0 ? [] : tasks.filter((task) => endsLikeOne.test(task));
  const clear = tasks.filter((task) => !unclear.includes(task));
  const aheads = arounds.map(({ afters: own }) => lookAhead(own, afters));
  const looking = [...new Set(aheads)].map((ahead) => {
    const alike = arounds.filter((_, index) => aheads[index] === ahead);
    return [...together(alike.map(({ before }) => before)), ahead];
  });
  return [
    ...(clear.length === 0 ? [] : [[...together(looking), oneOf(clear), group(afters)]]),
    ...(unclear.length === 0
      ? []
      : afters.map((after) => {
          const befores = arounds.filter((around) => around.afters.has(after)).map(({ before }) => before);
          return [...together(befores), oneOf(unclear), after];
        })),
  ];
}

function withoutEnds(after: string, afters: readonly string[]): string[] {
  return afters
    .filter((end) => end !== '' && end !== after && after.endsWith(end))
    .map((end) => after.slice(0, -end.length));
}

/** Holds if what follows ends as it may here, and not as it may only elsewhere. */
function lookAhead(own: ReadonlySet<string>, all: readonly string[]): string {
  if (own.size === all.length) return '';
  const others = all.filter((after) => after !== '' && !own.has(after));
  // Where it must end in something, what ends in another thing is out of the question, unless it ends in both.
  const unlike = own.has('') ? others : others.filter((after) => [...own].some((one) => after.endsWith(one)));
  const must = own.has('') ? '' : `(?=.*${group([...own])}$)`;
  return must + (unlike.length === 0 ? '' : `(?!.*${group(unlike)}$)`);
}

/** What they begin with alike, then the rest of each. */
function together(all: readonly Links[]): Links {
  const [first = []] = all;
  const differs = first.findIndex((link, at) => all.some((one) => one[at] !== link));
  const shared = all.length === 1 ? first : first.slice(0, differs === -1 ? first.length : differs);
  if (all.length === 1) return first;
  return [...shared, group(alternatives(all.map((one) => one.slice(shared.length))))];
}
