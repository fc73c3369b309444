import type { ControlNews } from '@heddle/contracts';

/** A worker that was silent for longer has gone; it speaks every ten seconds. */
const GONE_AFTER_MS = 32_000;
const FRESH_MS = 12_000;

type LifeSign = Extract<ControlNews, { type: 'worker' }>;

/** The workers that live, by their own signs, and which tasks they serve; this one is always among them. */
export class KnownWorkers {
  readonly #self: string;
  readonly #own: readonly string[];
  readonly #others = new Map<string, { readonly tasks: readonly string[]; readonly heardAt: number }>();

  constructor(self: string, tasks: readonly string[]) {
    this.#self = self;
    this.#own = tasks;
  }

  get self(): string {
    return this.#self;
  }

  /** Gives what it changes: a worker is `new`, or is `gone`, or nothing. */
  hear({ worker, tasks, leaving }: LifeSign, now: number = Date.now()): 'new' | 'gone' | undefined {
    if (worker === this.#self) return undefined;
    const known = this.#others.has(worker);
    if (leaving) {
      this.#others.delete(worker);
      return known ? 'gone' : undefined;
    }
    this.#others.set(worker, { tasks, heardAt: now });
    return known ? undefined : 'new';
  }

  /** Forgets those that were silent for too long. */
  forgetSilent(now: number = Date.now()): void {
    for (const [worker, { heardAt }] of this.#others) {
      if (now - heardAt > GONE_AFTER_MS) this.#others.delete(worker);
    }
  }

  /** Whether a worker has spoken a moment ago; this one always has. */
  isFresh(worker: string, now: number = Date.now()): boolean {
    if (worker === this.#self) return true;
    return now - (this.#others.get(worker)?.heardAt ?? 0) < FRESH_MS;
  }

  /** Those that serve a task. */
  serving(task: string): string[] {
    const others = [...this.#others]
      .filter(([, { tasks }]) => tasks.includes(task))
      .map(([worker]) => worker);
    return this.#own.includes(task) ? [this.#self, ...others] : others;
  }
}
