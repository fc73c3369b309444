import type { Broker, Consumer, Delivery } from '@heddle/broker';
import { jobQueue, laneQueue } from '@heddle/contracts';
import { FairLine } from './fair-line.ts';
import { JobSorter, type SorterListener, type SorterParts } from './sort-jobs.ts';
import { LaneView } from './view-lanes.ts';

/** How often the prefetch is divided anew between the lanes that are busy. */
const SPREAD_MS = 250;

interface LaneListener extends Pick<SorterListener, 'onGuard'> {
  readonly onDelivery: (delivery: Delivery) => void;
}

interface LaneParts extends Pick<SorterParts, 'worker' | 'task'> {
  readonly broker: Pick<Broker, 'consume'>;
  /** Whether another worker has all the rights to run jobs, and so sees the lanes; then it sorts. */
  readonly othersServe: () => boolean;
}

/** The lanes of a fair task in this worker: one consumer each, which together behave as one, and the sorter that fills them. */
export class FairLanes {
  readonly line: FairLine;
  readonly #parts: LaneParts;
  readonly #view: LaneView;
  #sorted = 0;

  constructor(parts: LaneParts) {
    const { fair } = parts.task;
    this.#parts = parts;
    this.#view = new LaneView(fair?.lanes ?? 1);
    this.line = new FairLine(this.#view, (tenant) => fair?.weight(tenant) ?? 1);
  }

  /** For metrics: jobs that were sorted, and lanes with jobs that wait here. */
  counts(): { readonly task: string; readonly sorted: number; readonly waiting: number } {
    return { task: this.#parts.task.name, sorted: this.#sorted, waiting: this.#view.waiting };
  }

  /** `prefetch`: what one lane may hold that is busy alone; several share it. */
  async consume(prefetch: number, listener: LaneListener): Promise<Consumer> {
    const { broker, task, worker, othersServe } = this.#parts;
    const { onDelivery, onGuard } = listener;
    const sorter = new JobSorter(
      { broker, worker, task, lanes: this.#view, onSorted: () => (this.#sorted += 1) },
      { onUnsorted: onDelivery, onGuard },
    );
    let wanted = prefetch;
    let each = this.#shareOf(wanted, this.#view.count);
    this.#view.freeze(each === 0);
    const consumers = await Promise.all(
      Array.from({ length: this.#view.count }, (_, lane) =>
        broker.consume(laneQueue(task.name, lane), { prefetch: each }, onDelivery),
      ),
    );
    const all = (change: (consumer: Consumer) => Promise<void>): Promise<unknown> =>
      Promise.all(consumers.map(change));
    const apply = async (share: number): Promise<void> => {
      each = share;
      this.#view.freeze(share === 0);
      await all((consumer) => consumer.setPrefetch(share));
    };
    const spread = (): void => {
      if (wanted === 0) return;
      const share = this.#shareOf(wanted, this.#view.takeBusy() || this.#view.count);
      // A change costs a subscription of each lane: only a large one is worth that.
      if (share >= each * 2 || share * 2 <= each) void apply(share);
    };
    const timer = setInterval(spread, SPREAD_MS).unref();
    // Last: whoever sorts should have seen what the lanes hold.
    await sorter.start();
    await sorter.setActive(!othersServe());
    return {
      queue: jobQueue(task.name),
      setPrefetch: async (next) => {
        const wasNone = wanted === 0;
        wanted = next;
        await Promise.all([
          sorter.setActive(!othersServe()),
          next === 0
            ? apply(0)
            : wasNone && apply(this.#shareOf(next, this.#view.takeBusy() || this.#view.count)),
        ]);
      },
      stop: async () => {
        clearInterval(timer);
        // What is on its way is taken as before: given back, it would come again as a suspect.
        await Promise.all([sorter.stop(), apply(0)]);
        await all((consumer) => consumer.stop());
      },
      close: async () => {
        clearInterval(timer);
        await Promise.all([sorter.close(), all((consumer) => consumer.close())]);
      },
    };
  }

  /** Twice an equal part, since shares may have weights, and one that waits: a tenant without any would lose its turn. */
  #shareOf(prefetch: number, lanes: number): number {
    if (prefetch === 0 || lanes === 1) return prefetch;
    return Math.min(prefetch, Math.ceil((2 * prefetch) / lanes)) + 1;
  }
}
