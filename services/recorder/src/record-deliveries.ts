import { setTimeout as pause, setImmediate } from 'node:timers/promises';
import type { BrokerLog, Delivery } from '@heddle/broker';
import type { RecorderMetrics } from './metrics.ts';
import { readDelivery } from './read-delivery.ts';
import type { BatchWriter, Item } from './store/record-batch.ts';
import { traceCommits } from './trace-commits.ts';
import { Watermark } from './watermark.ts';

/** Items of one transaction. SQLite works on our own thread, and this many take it some 40 ms. */
const MAX_ITEMS = 2_000;
const MAX_BYTES = 32 * 1024 * 1024;
/**
 * Between the beginnings of two transactions: a commit costs the same for one event as for many, and a job whose events come
 * together is written once. The pace is four times what the last one took: a recorder that is busy for a quarter of its time gathers more.
 */
const PACE_MS = { shortest: 20, longest: 100, times: 4 } as const;
/** So many deliveries do not wait for the pace, nor does a whole transaction: the broker sends 200 ahead. */
const ENOUGH = 100;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

interface Held {
  readonly delivery: Delivery;
  readonly items: readonly Item[];
}

/**
 * Takes deliveries, gathers them while a transaction runs, writes them in the next one, and acks what is committed.
 * While the database is in trouble it holds them and tries again: the prefetch limits how many that can be.
 */
export class DeliveryRecorder {
  readonly #writer: Pick<BatchWriter, 'write'>;
  readonly #metrics: RecorderMetrics;
  readonly #log: BrokerLog;
  readonly #onCommit: (refused: number) => void;
  #waiting: Held[] = [];
  /** In what is waiting. */
  #waitingItems = 0;
  #holding = 0;
  /** When what is being written had to wait no longer; milliseconds since the epoch. */
  #heldSince: number | undefined;
  #taken = 0;
  readonly #committedMark = new Watermark();
  #working: Promise<void> | undefined;
  #lastBegan = Number.NEGATIVE_INFINITY;
  #paceMs: number = PACE_MS.shortest;
  #hurry: () => void = () => undefined;
  #trouble: string | undefined;
  readonly #stopped = new AbortController();

  /** `onCommit` is called after each commit with the number of messages in it that went to `heddle.dead`. */
  constructor(
    writer: Pick<BatchWriter, 'write'>,
    metrics: RecorderMetrics,
    log: BrokerLog,
    onCommit: (refused: number) => void,
  ) {
    this.#writer = writer;
    this.#metrics = metrics;
    this.#log = log;
    this.#onCommit = onCommit;
    metrics.watchHeld(() => this.#heldSince);
  }

  /** Deliveries taken and not yet committed. */
  get holding(): number {
    return this.#holding;
  }

  /** Deliveries taken since the start. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Resolves when everything that was taken until now is committed, at the latest after `limitMs`: who reads then reads what was
   * confirmed before he asked.
   */
  caughtUp(limitMs: number): Promise<void> {
    const reached = this.#committedMark.reached(this.#taken, limitMs);
    this.#hurry();
    return reached;
  }

  /** What is wrong with the database, if anything. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  take(delivery: Delivery): void {
    this.#taken++;
    this.#holding++;
    const items = readDelivery(delivery.message);
    this.#waiting.push({ delivery, items });
    this.#waitingItems += items.length;
    this.#heldSince ??= Date.now();
    if (this.#hasEnough) this.#hurry();
    this.#working ??= this.#work();
  }

  /** Resolves when everything taken is committed and acked; gives up retries that are under way. */
  async drain(): Promise<void> {
    this.#stopped.abort();
    this.#hurry();
    await this.#working;
  }

  async #work(): Promise<void> {
    // What arrives in the same burst goes into the same transaction.
    await setImmediate();
    while (this.#waiting.length > 0) {
      await this.#keepPace();
      const batch = this.#nextBatch();
      if (batch.length > 0) await this.#record(batch);
      const tookMs = performance.now() - this.#lastBegan;
      this.#paceMs = Math.min(Math.max(tookMs * PACE_MS.times, PACE_MS.shortest), PACE_MS.longest);
      this.#committedMark.reach(this.#taken - this.#holding);
      // SQLite has kept the event loop from reading the socket.
      await setImmediate();
      this.#heldSince = this.#waiting.length > 0 ? Date.now() : undefined;
    }
    this.#working = undefined;
  }

  /** What comes in quick succession goes into one transaction, unless somebody waits for it. */
  async #keepPace(): Promise<void> {
    const next = this.#lastBegan + this.#paceMs;
    let seen = -1;
    // When nothing more has come, whoever it came from waits, or is done.
    while (this.#taken !== seen && !this.#isUrgent) {
      const leftMs = next - performance.now();
      if (leftMs <= 0) break;
      seen = this.#taken;
      await this.#rest(Math.min(leftMs, PACE_MS.shortest));
    }
    this.#lastBegan = performance.now();
  }

  /** Ends early when somebody hurries. */
  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  get #isUrgent(): boolean {
    return this.#hasEnough || this.#committedMark.isAwaited || this.#stopped.signal.aborted;
  }

  get #hasEnough(): boolean {
    return this.#waiting.length >= ENOUGH || this.#waitingItems >= MAX_ITEMS;
  }

  #nextBatch(): Held[] {
    const batch: Held[] = [];
    let items = 0;
    let bytes = 0;
    let index = 0;
    for (; index < this.#waiting.length && items < MAX_ITEMS && bytes < MAX_BYTES; index++) {
      const held = this.#waiting[index] as Held;
      this.#waitingItems -= held.items.length;
      if (held.delivery.lost) {
        // It comes again; written twice it would do no harm, but cost as much.
        this.#holding--;
        continue;
      }
      batch.push(held);
      items += held.items.length;
      bytes += held.delivery.message.body.length;
    }
    this.#waiting = this.#waiting.slice(index);
    return batch;
  }

  async #record(batch: readonly Held[]): Promise<void> {
    const items = batch.flatMap((held) => held.items);
    if (await this.#writeUntilDone(items)) for (const { delivery } of batch) delivery.ack();
    this.#holding -= batch.length;
  }

  /** Whether the items are committed; if not, the process is ending and the broker will give them to the next. */
  async #writeUntilDone(items: readonly Item[]): Promise<boolean> {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      const began = performance.now();
      try {
        const refused = await this.#writer.write(items);
        this.#committed(items, (performance.now() - began) / 1_000, refused);
        return true;
      } catch (error) {
        this.#metrics.databaseFailed();
        this.#trouble = `the database: ${(error as Error).message}`;
        this.#log.error({ err: error, events: items.length, retryInMs: wait }, 'cannot write events');
      }
      if (this.#stopped.signal.aborted) return false;
      await pause(wait, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  #committed(items: readonly Item[], seconds: number, refused: readonly { readonly reason: string }[]): void {
    this.#trouble = undefined;
    const events = items.flatMap((item) => (item.kind === 'event' ? item.event : []));
    this.#metrics.committed(seconds, events);
    traceCommits(items, seconds);
    if (refused.length > 0) {
      this.#metrics.refused(refused.length);
      for (const { reason } of refused) this.#log.warn({ reason }, 'message sent to heddle.dead');
    }
    this.#onCommit(refused.length);
  }
}
