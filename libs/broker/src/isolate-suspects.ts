import type { Outgoing } from './outgoing.ts';

/**
 * The broker closes a channel because of one message published on it, and does not say which. All that were in flight
 * are suspects: they are sent again, at most half as many at once with each further close, until the one to blame is
 * alone. Its neighbours get through.
 */
export class Suspects {
  #left = 0;
  #limit = 1;

  /** Most messages that may be in flight while there are suspects; undefined: no suspects. */
  get limit(): number | undefined {
    return this.#left > 0 ? this.#limit : undefined;
  }

  /** The channel was closed with these in flight. Gives back the one to blame, once it is known. */
  narrow(inFlight: readonly Outgoing[]): Outgoing | undefined {
    const [only, ...others] = inFlight;
    if (only?.suspect && others.length === 0) return only;
    for (const outgoing of inFlight) {
      if (!outgoing.suspect) this.#left++;
      outgoing.suspect = true;
    }
    this.#limit = Math.max(1, Math.floor(inFlight.length / 2));
    return undefined;
  }

  /** A suspect was settled, one way or another. */
  acquit(): void {
    this.#left--;
  }
}
