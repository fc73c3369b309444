/** A state as JSON text, because handlers get copies; `undefined` at version 0. */
export interface CachedState {
  readonly version: number;
  readonly text: string | undefined;
}

const MAX_ENTRIES = 10_000;
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** The states that this worker has seen last. They may be old: a commit tells. */
export class StateCache {
  readonly #states = new Map<string, CachedState>();
  #characters = 0;

  get(lane: string): CachedState | undefined {
    const known = this.#states.get(lane);
    if (!known) return undefined;
    // The one that was used last goes last.
    this.#states.delete(lane);
    this.#states.set(lane, known);
    return known;
  }

  set(lane: string, state: CachedState): void {
    this.drop(lane);
    this.#states.set(lane, state);
    this.#characters += state.text?.length ?? 0;
    for (const oldest of this.#states.keys()) {
      if (this.#states.size <= MAX_ENTRIES && this.#characters <= MAX_CHARACTERS) return;
      this.drop(oldest);
    }
  }

  drop(lane: string): void {
    this.#characters -= this.#states.get(lane)?.text?.length ?? 0;
    this.#states.delete(lane);
  }
}
