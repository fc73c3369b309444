/** Wakes those who watch a batch when its end is told, so that they need not ask the recorder often. */
export class BatchEnds {
  readonly #watchers = new Map<string, Set<() => void>>();

  /** Calls `onEnd` with each news of the batch's end until the function that it gives is called. */
  watch(batch: string, onEnd: () => void): () => void {
    let watchers = this.#watchers.get(batch);
    if (!watchers) this.#watchers.set(batch, (watchers = new Set()));
    watchers.add(onEnd);
    return () => {
      watchers.delete(onEnd);
      if (watchers.size === 0 && this.#watchers.get(batch) === watchers) this.#watchers.delete(batch);
    };
  }

  hear(batch: string): void {
    for (const onEnd of this.#watchers.get(batch) ?? []) onEnd();
  }
}
