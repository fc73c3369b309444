/** One call in a history: when it began and ended by one clock for all, and what it was. */
export interface Step {
  readonly began: number;
  readonly ended: number;
  /** It may have happened or not: its caller has not lived to see, or it is nobody's call. */
  readonly optional?: boolean;
}

/**
 * Whether the calls could have happened one after the other, each in one moment between its beginning and its end, as one
 * object says (Herlihy and Wing, "linearizable"). `apply` gives the state after a call, or undefined if the object in that state
 * would have answered something else. States are compared by their JSON. For some dozens of calls.
 */
export function isLinearizable<S, T extends Step>(
  history: readonly T[],
  initial: S,
  apply: (state: S, step: T) => S | undefined,
): boolean {
  const tried = new Set<string>();
  const places = new Map(history.map((step, place) => [step, place]));
  const search = (left: readonly T[], state: S): boolean => {
    if (left.every(({ optional }) => optional)) return true;
    const key = JSON.stringify([left.map((step) => places.get(step)), state]);
    if (tried.has(key)) return false;
    tried.add(key);
    // One that began after another had ended did not come before it.
    const firstEnd = Math.min(...left.map(({ ended }) => ended));
    return left.some((step) => {
      if (step.began > firstEnd) return false;
      const next = apply(state, step);
      return (
        next !== undefined &&
        search(
          left.filter((other) => other !== step),
          next,
        )
      );
    });
  };
  return search(history, initial);
}
