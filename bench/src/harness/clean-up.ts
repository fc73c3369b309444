type Step = () => Promise<unknown> | void;

/** How long one step may take before the next begins, in milliseconds. */
const STEP_MS = 20_000;

/** What must be undone, newest first, whether the benchmark ends, fails or is interrupted. */
export class CleanUp {
  #steps: { readonly name: string; readonly step: Step }[] = [];
  #running: Promise<void> | undefined;
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  add(name: string, step: Step): void {
    this.#steps.push({ name, step });
  }

  /** Runs every step once; one that fails or takes too long is named, and does not keep the others from running. */
  run(): Promise<void> {
    this.#running ??= this.#runSteps().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #runSteps(): Promise<void> {
    for (let next = this.#steps.pop(); next !== undefined; next = this.#steps.pop()) {
      try {
        await withinLimit(next.step());
      } catch (error) {
        this.#say(
          `cleaning up "${next.name}" failed: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }
}

async function withinLimit(step: Promise<unknown> | void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${STEP_MS} ms`)), STEP_MS);
  });
  try {
    await Promise.race([step, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
