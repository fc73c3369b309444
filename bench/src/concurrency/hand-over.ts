/** What two need of a condition to take turns. */
interface TurnCondition {
  run<T>(fn: () => Promise<T> | T): Promise<T>;
  waitFor<T>(predicate: () => T): Promise<T>;
  notify(): Promise<void>;
}

/** Two take turns, each waiting until the other has woken it: so many wake-ups. */
export async function handOver(
  turns: number,
  [one, other]: readonly [TurnCondition, TurnCondition],
): Promise<void> {
  let taken = 0;
  const play = (condition: TurnCondition, place: 0 | 1): Promise<void> =>
    condition.run(async () => {
      while (taken < turns) {
        await condition.waitFor(() => taken % 2 === place || taken >= turns);
        taken += 1;
        await condition.notify();
      }
    });
  await Promise.all([play(one, 0), play(other, 1)]);
}
