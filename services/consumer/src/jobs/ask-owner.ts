import type { BrokerLog, Publisher } from '@heddle/broker';
import { type ControlNews, encodeControl, type Job } from '@heddle/contracts';

/** A worker that is silent for so long does not run the job: its connection would be given up soon after. */
const ANSWER_MS = 10_000;

interface GuardOptions {
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly log: BrokerLog;
  /** Milliseconds after which a run is guarded, and between two guards of it. */
  readonly afterMs: number;
  /** Whether the run goes on here. */
  isRunningHere(run: string): boolean;
}

/** Asks all workers whether a run goes on, and answers for those here: over `heddle.control`, where everybody listens. */
export class Guards {
  readonly afterMs: number;
  readonly #options: GuardOptions;
  readonly #asked = new Map<string, Set<() => void>>();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.afterMs = options.afterMs;
  }

  async isRunning({ run }: Pick<NonNullable<Job['guard']>, 'run'>): Promise<boolean> {
    if (this.#options.isRunningHere(run)) return true;
    const answerMs = Math.min(ANSWER_MS, this.afterMs);
    let timer: NodeJS.Timeout | undefined;
    const waiting = this.#asked.get(run) ?? new Set();
    this.#asked.set(run, waiting);
    let answered: () => void = () => undefined;
    try {
      return await new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), answerMs);
        answered = () => resolve(true);
        waiting.add(answered);
        this.#say({ type: 'is-running', run });
      });
    } finally {
      clearTimeout(timer);
      waiting.delete(answered);
      if (waiting.size === 0) this.#asked.delete(run);
    }
  }

  hear(news: ControlNews): void {
    if (news.type === 'is-running' && this.#options.isRunningHere(news.run)) {
      this.#say({ type: 'runs', run: news.run });
    } else if (news.type === 'runs') {
      for (const answered of this.#asked.get(news.run) ?? []) answered();
    }
  }

  #say(news: ControlNews): void {
    const { publisher, log } = this.#options;
    publisher
      .publish('heddle.control', '', encodeControl(news), { timeoutMs: ANSWER_MS })
      .catch((error: unknown) => {
        log.debug({ err: error }, 'a question about a long job, or its answer, was not sent');
      });
  }
}
