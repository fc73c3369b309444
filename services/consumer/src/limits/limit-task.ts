import type { Broker, BrokerLog } from '@heddle/broker';
import type { Task } from '@heddle/client';
import { concurrencyTokens, encodeControl, rateTokens, type TokenLimit } from '@heddle/contracts';
import { type Token, TokenHolder } from './hold-tokens.ts';
import { TokenIssuer } from './issue-tokens.ts';
import type { LimitCount } from './measure-limits.ts';

/** A worker without a free slot keeps the tokens of a rate no longer than this: others may have one. */
const IDLE_MS = 100;
/** Of a rate over a longer time, no job is fetched before there is a token for it: it would wait here for too long. */
const LONG_REST_MS = 5_000;

/** A worker that has a job asks the others for their tokens when none has come for so much longer than tokens rest. */
const PATIENCE_MS = 250;

/** The right to run one job. */
export interface Permit {
  /** The handler begins: a token of the rate is spent. */
  begin(): void;
  /** The handler is done, or was never begun. */
  end(): void;
}

/** Whom to tell that there may be permits again. */
export type PermitListener = () => void;

interface LimiterOptions {
  readonly broker: Pick<Broker, 'consume' | 'publisher' | 'publishOnce' | 'declareTokens' | 'onReconnect'>;
  readonly log: BrokerLog;
  readonly task: Task;
  /** Jobs at once in this worker. */
  readonly slots: number;
  readonly renewMs: number;
}

/**
 * A task's limits, as this worker sees them: it holds tokens first, and takes a job for each. Suspects and jobs of the task's
 * own queue share them.
 */
export class TaskLimiter {
  readonly #options: LimiterOptions;
  readonly #limits: readonly TokenLimit[];
  readonly #concurrency: TokenHolder | undefined;
  readonly #rate: TokenHolder | undefined;
  readonly #restMs: number;
  readonly #listeners: PermitListener[] = [];
  readonly #issuers = new Set<TokenIssuer>();
  #running = 0;
  #isPaused = false;
  #idling: NodeJS.Timeout | undefined;
  #asking: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: LimiterOptions) {
    this.#options = options;
    const { broker, task, renewMs } = options;
    const concurrency = concurrencyTokens(task.name, task.limit);
    const rate = rateTokens(task.name, task.limit);
    const hold = (limit: TokenLimit | undefined): TokenHolder | undefined =>
      limit && new TokenHolder({ broker, limit, renewMs, onMore: () => this.#tell() });
    this.#concurrency = hold(concurrency);
    this.#rate = hold(rate);
    this.#restMs = rate?.restMs ?? 0;
    this.#limits = [concurrency, rate].filter((limit) => limit !== undefined);
  }

  /** Makes the queues, begins to hold tokens, and sees to it that there are as many as the task says. */
  async start(): Promise<void> {
    const { broker } = this.#options;
    for (const limit of this.#limits) await broker.declareTokens(limit);
    await Promise.all([this.#concurrency?.start(), this.#rate?.start()]);
    this.#want();
    await Promise.all(this.#limits.map((limit) => this.#issue(limit, false)));
    this.#unsubscribe = broker.onReconnect(() => this.#reconnected());
  }

  /** Called back when there may be permits again, in the order of asking: whoever comes first is served first. */
  onPermits(listener: PermitListener): void {
    this.#listeners.push(listener);
  }

  /** Whether what there is room for changes with every job. */
  get isRated(): boolean {
    return this.#rate !== undefined;
  }

  /** Deliveries that may be fetched; 0: none could be begun. */
  get room(): number {
    const { slots } = this.#options;
    const held = this.#concurrency ? Math.min(this.#concurrency.held, slots) : slots;
    if (!this.#rate || held === 0) return held;
    if (this.#rate.free > 0) return Math.min(held, this.#running + this.#rate.free);
    return this.#restMs > LONG_REST_MS ? 0 : Math.min(held, 1 + this.#running);
  }

  /** For metrics. */
  tokens(): LimitCount[] {
    const task = this.#options.task.name;
    const count = (limit: LimitCount['limit'], holder: TokenHolder | undefined): LimitCount[] =>
      holder ? [{ task, limit, held: holder.held, used: holder.used }] : [];
    return [...count('concurrency', this.#concurrency), ...count('rate', this.#rate)];
  }

  take(): Permit | undefined {
    if (this.#rate?.free === 0) {
      this.#askAround();
      return undefined;
    }
    const slot = this.#concurrency?.take();
    if (this.#concurrency && !slot) return undefined;
    const start = this.#rate?.take();
    if (this.#rate && !start) {
      slot?.giveBack();
      return undefined;
    }
    clearTimeout(this.#asking);
    this.#asking = undefined;
    this.#running += 1;
    this.#want();
    return this.#permit(slot, start);
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#want();
  }

  /** Lets the tokens of a limit go round, if it is one of this task's. */
  recall(limit: string): void {
    if (this.#limits.some(({ name, restMs }) => name === limit && restMs === undefined))
      this.#concurrency?.recall();
    else if (this.#limits.some(({ name }) => name === limit)) this.#rate?.recall();
  }

  /** No more permits; the tokens that are in use go back with their jobs. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    clearTimeout(this.#idling);
    clearTimeout(this.#asking);
    this.#concurrency?.stop();
    this.#rate?.stop();
    await Promise.all([...this.#issuers].map((issuer) => issuer.stop()));
  }

  async close(): Promise<void> {
    await Promise.all([this.#concurrency?.close(), this.#rate?.close()]);
  }

  #permit(slot: Token | undefined, start: Token | undefined): Permit {
    let unspent = start;
    let isOver = false;
    return {
      begin: () => {
        unspent?.spend();
        unspent = undefined;
      },
      end: () => {
        if (isOver) return;
        isOver = true;
        this.#running -= 1;
        unspent?.giveBack();
        slot?.giveBack();
        this.#want();
        this.#tell();
      },
    };
  }

  /** Tokens for the slots that there are; of the rate only while a job could begin, since others may have room for one. */
  #want(): void {
    const { slots } = this.#options;
    this.#concurrency?.want(this.#isPaused ? 0 : slots);
    if (!this.#rate) return;
    const couldBegin = this.#running < slots && (!this.#concurrency || this.#concurrency.free > 0);
    if (this.#isPaused) return this.#rate.want(0);
    if (couldBegin) {
      clearTimeout(this.#idling);
      this.#idling = undefined;
      this.#rate.want(slots);
    } else {
      this.#idling ??= setTimeout(() => {
        this.#idling = undefined;
        this.#rate?.want(0);
      }, IDLE_MS).unref();
    }
  }

  /** A worker whose jobs have all been fetched by others would hold the tokens that they wait for. */
  #askAround(): void {
    const { broker, log, task } = this.#options;
    const limit = rateTokens(task.name, task.limit)?.name;
    if (limit === undefined) return;
    this.#asking ??= setTimeout(() => {
      this.#asking = undefined;
      broker.publisher
        .publish('heddle.control', '', encodeControl({ type: 'recall-tokens', limit }))
        .catch((error: unknown) => {
          log.debug({ err: error, limit }, 'other workers could not be asked for tokens');
        });
    }, this.#restMs + PATIENCE_MS).unref();
  }

  #tell(): void {
    this.#want();
    for (const listener of this.#listeners) listener();
  }

  #reconnected(): void {
    this.#concurrency?.forgetLost();
    this.#rate?.forgetLost();
    this.#tell();
    for (const limit of this.#limits) {
      this.#issue(limit, true).catch((error: unknown) => {
        this.#options.log.warn(
          { err: error, limit: limit.name },
          'whether there are tokens could not be asked',
        );
      });
    }
  }

  async #issue(limit: TokenLimit, ifNone: boolean): Promise<void> {
    const { broker, log } = this.#options;
    const issuer = new TokenIssuer({
      broker,
      limit,
      log,
      ifNone,
      onDone: () => this.#issuers.delete(issuer),
    });
    this.#issuers.add(issuer);
    await issuer.start();
  }
}
