import type { SyncObject, SyncSeed, WireMessage } from '@heddle/contracts';
import type { BrokerLog, Delivery } from '../broker.ts';
import type { TlsFiles } from '../tls-files.ts';

export interface SessionOptions {
  /** `amqp://` or `amqps://`, with user, password and vhost. */
  readonly url: string;
  /** Shown in the broker's console. */
  readonly name: string;
  readonly log: BrokerLog;
  /** For `amqps://`. */
  readonly tls?: TlsFiles | undefined;
  /** A process that was silent for twice as long has lost what it held. Default 5. */
  readonly heartbeatSeconds?: number | undefined;
}

/**
 * A connection for objects whose life hangs on it: what is held by it returns to the broker when it ends. It is made anew
 * when it is lost, but nothing on it is: who held or waited hears of it, and begins again.
 */
export interface BrokerSession {
  /** The broker's version; empty before the first connection. */
  readonly version: string;
  /** Opens a channel. Rejects with `broker_unavailable` after `timeoutMs` without a connection. */
  openChannel(timeoutMs: number): Promise<SessionChannel>;
  /**
   * Sees to it that an object's queue or stream is there with what it begins with, which only one of many processes puts
   * in. Cheap when it was done before on this connection. Rejects with `ValueError` if it has another number of
   * permits, with `RuntimeError` if it is not there for this user, who may not make it either, or something else has its queue's name, with
   * `broker_unavailable` when that took longer than `timeoutMs`.
   */
  seed(seed: SyncSeed, timeoutMs: number): Promise<void>;
  /** The object is there no more, or may not be: the next `seed` looks again. */
  forget(object: SyncObject): void;
  /** Messages that nobody holds; undefined if there is no such queue. */
  countReady(queue: string, timeoutMs: number): Promise<number | undefined>;
  /**
   * Sends to an object and resolves on the broker's confirm. Sends once: when the connection is lost before the confirm, it
   * rejects with `broker_unavailable`, and the message may have arrived. Rejects with `publish_returned` if the object
   * has no queue, with `RuntimeError` if this user may not send to it.
   */
  publish(object: SyncObject, message: WireMessage<'sync'>, timeoutMs: number): Promise<void>;
  /** Ends the connection: what was held returns at once. */
  close(): Promise<void>;
}

/** A channel with at most one consumer, which can be stopped and begun again. */
export interface SessionChannel {
  readonly ended: boolean;
  /** Called once when it ends, at once if it has. Set it before anything is held. */
  onEnded: ((reason: string) => void) | undefined;
  /** Begins to consume. Rejects with the broker's refusal, and then the channel has ended. */
  subscribe(options: SessionSubscription, onDelivery: (delivery: Delivery) => void): Promise<void>;
  /** No new deliveries: those that come until the broker agrees go back. What is held stays held. */
  unsubscribe(): Promise<void>;
  /** As `unsubscribe`, but what comes until the broker agrees is taken as before. */
  pause(): Promise<void>;
  /** One message, if there is one that nobody waits for. */
  get(queue: string): Promise<Delivery | undefined>;
  /** Resolves when all that the broker had sent before has arrived. */
  roundTrip(): Promise<void>;
  /** Settles what was decided and closes: what is undecided returns. */
  close(): Promise<void>;
}

export interface SessionSubscription {
  readonly queue: string;
  readonly prefetch: number;
  /** For streams: where to begin. */
  readonly streamOffset?: 'first' | 'last' | 'next' | number | undefined;
}
