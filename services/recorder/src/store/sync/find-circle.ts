/** A wait as its process has reported it. Times are the recorder's, in milliseconds since the epoch. */
export interface ReportedWait {
  readonly id: string;
  readonly session: string;
  /** Of the session, for people. */
  readonly name: string;
  readonly object: string;
  readonly since: number;
  /** What the code that waits holds. */
  readonly holds: readonly string[];
  /** First and last report of it. */
  readonly first: number;
  readonly last: number;
}

/** Only these have one holder, who is the one to wait for. */
const isLock = (object: string): boolean => object.startsWith('lock.') || object.startsWith('rlock.');

/**
 * The circle of those who wait for each other that a wait is part of, beginning with it; undefined if there is none, or none that is
 * sure: reports come at different times, and a circle is one only if all its waits were there at one moment.
 */
export function findCircle(start: ReportedWait, waits: readonly ReportedWait[]): ReportedWait[] | undefined {
  const seen = new Set<ReportedWait>();
  const search = (wait: ReportedWait, path: ReportedWait[]): ReportedWait[] | undefined => {
    if (seen.has(wait) || !isLock(wait.object)) return undefined;
    seen.add(wait);
    for (const holder of waits) {
      if (!holder.holds.includes(wait.object)) continue;
      if (holder === start) return isSure(path) ? path : undefined;
      const found = search(holder, [...path, holder]);
      if (found) return found;
    }
    return undefined;
  };
  return search(start, [start]);
}

function isSure(circle: readonly ReportedWait[]): boolean {
  const allThereFrom = Math.max(...circle.map(({ first }) => first));
  return circle.every(({ last }) => last > allThereFrom);
}

/** The one of a circle that gives way: who came last. */
export function victimOf(circle: readonly ReportedWait[]): ReportedWait | undefined {
  return circle.toSorted((a, b) => b.since - a.since || (a.id < b.id ? -1 : 1))[0];
}

/** Such as: `a` waits for lock.y, which `b` holds; `b` waits for lock.x, which `a` holds. */
export function describeCircle(circle: readonly ReportedWait[]): string {
  return circle
    .map(({ name, object }, place) => {
      const holder = circle[(place + 1) % circle.length];
      return `${name} waits for ${object}, which ${holder?.name} holds`;
    })
    .join('; ');
}
