/** A regular expression in parts that are not to be cut: single characters, or expressions of their own. */
export type Links = readonly string[];

export function literal(text: string): Links {
  return text.split('').map((character) => (character === '.' ? '\\.' : character));
}

/** The same choices in fewer characters: those that begin alike share their beginning where that makes them shorter. */
export function alternatives(all: readonly Links[]): string[] {
  const byFirst = new Map<string, Links[]>();
  for (const links of all.toSorted((a, b) => (a.join('') < b.join('') ? -1 : 1))) {
    const first = links[0] ?? '';
    byFirst.set(first, [...(byFirst.get(first) ?? []), links]);
  }
  return [...byFirst.values()].flatMap((alike) => {
    const [one = []] = alike;
    if (alike.length === 1 || one.length === 0) return [one.join('')];
    const differs = one.findIndex((link, at) => alike.some((other) => other[at] !== link));
    const shared = one.slice(0, differs === -1 ? one.length : differs);
    const beginning = shared.join('');
    const rests = alternatives(alike.map((links) => links.slice(shared.length)));
    const apart = rests.map((rest) => beginning + rest);
    const factored = beginning + group(rests);
    return factored.length < apart.join('|').length ? [factored] : apart;
  });
}

/** One of these expressions; of those that are empty, that means none. */
export function group(choices: readonly string[]): string {
  const told = choices.filter((choice) => choice !== '');
  const all = told.join('|');
  if (told.length < choices.length) return told.length === 0 ? '' : `(${all})?`;
  return told.length === 1 ? all : `(${all})`;
}
