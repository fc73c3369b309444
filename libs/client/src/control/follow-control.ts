import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, BrokerLog, Consumer, Delivery } from '@heddle/broker';
import { type ControlNews, decodeControl, queues } from '@heddle/contracts';
import type { RecorderClient } from '../recorder-client.ts';
import type { KnownControl } from './known-control.ts';

/** A worker without word of cancels works, too: it begins when the recorder has not answered for so long. */
const FIRST_WAIT_MS = 5_000;
const ASK_TIMEOUT_MS = 2_000;
const RETRY_MS = 500;
/** Cancels whose jobs ended elsewhere are dropped by loading the snapshot again. */
const AGAIN_AFTER_MS = 60_000;

interface Followed {
  readonly broker: Pick<Broker, 'consume' | 'onReconnect'>;
  readonly recorder: Pick<RecorderClient, 'ask'>;
  readonly control: KnownControl;
  readonly log: BrokerLog;
  /** What is cancelled or paused has changed. */
  onChange(): void;
  /** News of something else. */
  onOther?(news: ControlNews): void;
}

/** Keeps `KnownControl` true: by the news on `heddle.control`, and by the recorder's snapshot for what it may have missed. */
export class ControlFollower {
  readonly #followed: Followed;
  #consumer: Consumer | undefined;
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #loading: Promise<void> | undefined;
  #isStale = false;
  #isStopped = false;

  constructor(followed: Followed) {
    this.#followed = followed;
  }

  /** Resolves when what is cancelled and paused is known, or after 5 s without an answer; then the asking goes on. */
  async start(instance: string): Promise<void> {
    const { broker, control } = this.#followed;
    const { prefetch } = queues['heddle.control.<instance>'];
    // First the news, then the snapshot: what happens in between is in either or both.
    this.#consumer = await broker.consume(`heddle.control.${instance}`, { prefetch }, (delivery) =>
      this.#onDelivery(delivery),
    );
    this.#unsubscribe = broker.onReconnect(() => void this.#load());
    this.#timer = setInterval(() => {
      if (control.cancels > 0) void this.#load();
    }, AGAIN_AFTER_MS);
    const waited = new AbortController();
    await Promise.race([
      this.#load(),
      sleep(FIRST_WAIT_MS, undefined, { signal: waited.signal }).catch(() => undefined),
    ]);
    waited.abort();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unsubscribe?.();
    clearInterval(this.#timer);
    await this.#consumer?.close();
  }

  #onDelivery(delivery: Delivery): void {
    const news = decodeControl(delivery.message);
    delivery.ack();
    if (!news.ok) return this.#followed.log.warn({ reason: news.reason }, 'control news cannot be read');
    if (news.value.type !== 'cancel' && news.value.type !== 'paused') {
      return this.#followed.onOther?.(news.value);
    }
    this.#followed.control.hear(news.value);
    this.#followed.onChange();
  }

  /** Loads the snapshot, and again if that was asked for meanwhile. Never rejects. */
  #load(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#loadUntilFresh().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #loadUntilFresh(): Promise<void> {
    const { recorder, control, log } = this.#followed;
    while (this.#isStale && !this.#isStopped) {
      this.#isStale = false;
      control.expectSnapshot();
      try {
        control.replace(await recorder.ask({ op: 'control-snapshot' }, { timeoutMs: ASK_TIMEOUT_MS }));
        this.#followed.onChange();
      } catch (error) {
        if (this.#isStopped) return;
        log.warn({ err: error }, 'what is cancelled and paused could not be loaded');
        this.#isStale = true;
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }
}
