import type { ControlNews } from '@heddle/contracts';

/** Three missed signs of life: a worker that is silent for so long is not listed. */
const SILENT_MS = 30_000;
const MOST_WORKERS = 10_000;

type SignOfLife = Extract<ControlNews, { type: 'worker' }>;

interface WorkerView {
  readonly worker: string;
  readonly tasks: readonly string[];
  readonly running: number;
  /** ISO 8601. */
  readonly seenAt: string;
}

/** The workers that have lately given a sign of life. */
export class KnownWorkers {
  readonly #workers = new Map<string, { news: SignOfLife; seen: number }>();

  hear(news: SignOfLife): void {
    // Deleted first, so that the map stays in the order of the last sign of life.
    this.#workers.delete(news.worker);
    if (news.leaving) return;
    this.#workers.set(news.worker, { news, seen: Date.now() });
    this.#forgetTheSilent();
  }

  list(): WorkerView[] {
    this.#forgetTheSilent();
    return [...this.#workers.values()]
      .map(({ news, seen }) => ({
        worker: news.worker,
        tasks: news.tasks,
        running: news.running,
        seenAt: new Date(seen).toISOString(),
      }))
      .sort((a, b) => a.worker.localeCompare(b.worker));
  }

  #forgetTheSilent(): void {
    const oldest = Date.now() - SILENT_MS;
    for (const [worker, { seen }] of this.#workers) {
      if (seen >= oldest && this.#workers.size <= MOST_WORKERS) return;
      this.#workers.delete(worker);
    }
  }
}
