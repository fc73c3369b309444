import type { ControlNews, Job, RecorderReplies } from '@heddle/contracts';

type Snapshot = RecorderReplies['control-snapshot'];

/** What is cancelled and what is paused, as far as this worker knows: the recorder's last snapshot and the news since. */
export class KnownControl {
  #cancelled = new Set<string>();
  #paused: ReadonlySet<string> = new Set();
  /** News that came while a snapshot was on its way: it may be older than they are. */
  #meanwhile: { readonly cancelled: string[]; paused: readonly string[] | undefined } | undefined;

  /** Whether the job, or the batch that it belongs to, is cancelled. */
  isCancelled({ id, batch }: Pick<Job, 'id' | 'batch'>): boolean {
    if (this.#cancelled.size === 0) return false;
    return this.#cancelled.has(id) || (batch !== undefined && this.#cancelled.has(batch.id));
  }

  isPaused(task: string): boolean {
    return this.#paused.has(task);
  }

  /** How many cancels wait for their jobs here. */
  get cancels(): number {
    return this.#cancelled.size;
  }

  hear(news: Extract<ControlNews, { type: 'cancel' | 'paused' }>): void {
    if (news.type === 'cancel') {
      this.#cancelled.add(news.job);
      this.#meanwhile?.cancelled.push(news.job);
    } else {
      this.#paused = new Set(news.tasks);
      if (this.#meanwhile) this.#meanwhile.paused = news.tasks;
    }
  }

  /** A snapshot is being asked for. */
  expectSnapshot(): void {
    this.#meanwhile = { cancelled: [], paused: undefined };
  }

  replace({ cancelled, paused }: Snapshot): void {
    this.#cancelled = new Set([...cancelled, ...(this.#meanwhile?.cancelled ?? [])]);
    this.#paused = new Set(this.#meanwhile?.paused ?? paused);
    this.#meanwhile = undefined;
  }

  /** The job has ended here: should it be sent again, that is another matter. */
  forget(job: string): void {
    if (this.#cancelled.size > 0) this.#cancelled.delete(job);
  }
}
