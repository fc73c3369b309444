import type { ControlNews, Job, RecorderReplies } from '@heddle/contracts';

type Snapshot = RecorderReplies['control-snapshot'];

/** Up to which generation, and what was said about it. */
interface Cancel {
  readonly upTo: number;
  readonly reason?: string | undefined;
}
type Cancels = Map<string, Cancel>;

const NO_REASON = 'somebody cancelled it';

/** What is cancelled and what is paused, as far as this worker knows: the recorder's last snapshot and the news since. */
export class KnownControl {
  /** By the id of a job or batch. */
  #cancelled: Cancels = new Map();
  #paused: ReadonlySet<string> = new Set();
  /** News that came while a snapshot was on its way: it may be older than they are. */
  #meanwhile: { readonly cancelled: Cancels; paused: readonly string[] | undefined } | undefined;

  /** Whether the job, or the batch that it belongs to, is cancelled. A replay is not cancelled with what it replays. */
  isCancelled(job: Pick<Job, 'id' | 'batch' | 'generation'>): boolean {
    return this.whyCancelled(job) !== undefined;
  }

  /** What to tell people about it, if the job is cancelled. A reason that was given before the last snapshot is not known here. */
  whyCancelled({ id, batch, generation }: Pick<Job, 'id' | 'batch' | 'generation'>): string | undefined {
    if (this.#cancelled.size === 0) return undefined;
    const cancel = this.#cancelled.get(id) ?? (batch && this.#cancelled.get(batch.id));
    return cancel && generation <= cancel.upTo ? (cancel.reason ?? NO_REASON) : undefined;
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
      const { job, generation = 0, reason } = news;
      this.#cancelled.set(job, { upTo: generation, reason });
      this.#meanwhile?.cancelled.set(job, { upTo: generation, reason });
    } else {
      this.#paused = new Set(news.tasks);
      if (this.#meanwhile) this.#meanwhile.paused = news.tasks;
    }
  }

  /** A snapshot is being asked for. */
  expectSnapshot(): void {
    this.#meanwhile = { cancelled: new Map(), paused: undefined };
  }

  replace({ cancelled, generations = {}, paused }: Snapshot): void {
    const told = cancelled.map((id) => [id, { upTo: generations[id] ?? 0 }] as const);
    this.#cancelled = new Map([...told, ...(this.#meanwhile?.cancelled ?? [])]);
    this.#paused = new Set(this.#meanwhile?.paused ?? paused);
    this.#meanwhile = undefined;
  }

  /** The job has ended here: should it be sent again, that is another matter. */
  forget({ id, generation }: Pick<Job, 'id' | 'generation'>): void {
    if (this.#cancelled.size > 0 && (this.#cancelled.get(id)?.upTo ?? 0) <= generation) {
      this.#cancelled.delete(id);
    }
  }
}
