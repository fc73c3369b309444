/** Lets one loop sleep until something happens; what happened while it was awake wakes it at once. */
export class Wakeup {
  #happened = false;
  #resolve: (() => void) | undefined;

  readonly wake = (): void => {
    this.#happened = true;
    this.#resolve?.();
    this.#resolve = undefined;
  };

  async sleep(): Promise<void> {
    if (!this.#happened) await new Promise<void>((resolve) => (this.#resolve = resolve));
    this.#happened = false;
  }
}
