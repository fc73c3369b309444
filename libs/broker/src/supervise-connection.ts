import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { HeddleError } from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import { messageOf } from './amqp-error.ts';
import { BackOff } from './back-off.ts';
import type { BrokerLog } from './broker.ts';
import { type ConnectionSettings, type OpenConnection, openConnection } from './open-connection.ts';

/** Pauses between attempts to connect. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A connection that lasted this long was a good one: the next pause is a short one again. */
const STABLE_MS = 5_000;
/** How long the broker gets to answer a farewell. */
const CLOSE_MS = 2_000;

export interface ConnectionListener {
  /** AMQP calls, at least one, that must succeed before the connection counts as up; else it is given up and made anew. */
  setUp(connection: ChannelModel): Promise<void>;
  onUp(connection: ChannelModel): void;
  onDown(reason: string): void;
  onBlocked?(reason: string): void;
  onUnblocked?(): void;
}

/** Keeps one connection: made, set up, and made anew whenever it is lost, until closed. */
export class ConnectionSupervisor {
  readonly #settings: ConnectionSettings;
  readonly #listener: ConnectionListener;
  readonly #log: BrokerLog;
  readonly #closing = new AbortController();
  #current: OpenConnection | undefined;
  #running: Promise<void> | undefined;
  #lastFailure = 'not connected yet';
  #waiting: { readonly onUp: (connection: ChannelModel) => void; readonly onClosed: () => void }[] = [];

  constructor(settings: ConnectionSettings, listener: ConnectionListener, log: BrokerLog) {
    this.#settings = settings;
    this.#listener = listener;
    this.#log = log;
  }

  /** The connection, if it is up. */
  get connection(): ChannelModel | undefined {
    return this.#current?.model;
  }

  /** Why there is no connection. */
  get lastFailure(): string {
    return this.#lastFailure;
  }

  /**
   * Runs it on the connection, and again on the next one if that is lost meanwhile. Rejects with `broker_unavailable`
   * when `timeoutMs` have passed without a connection.
   */
  async use<T>(timeoutMs: number, work: (connection: ChannelModel) => Promise<T>): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const connection = await this.#whenUp(Math.max(deadline - Date.now(), 0));
      try {
        return await work(connection);
      } catch (error) {
        // A channel tells of the loss before its connection does.
        await nextTurn();
        if (this.connection === connection) throw error;
      }
    }
  }

  #whenUp(timeoutMs: number): Promise<ChannelModel> {
    if (this.#closing.signal.aborted) return Promise.reject(closed());
    if (this.#current) return Promise.resolve(this.#current.model);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        reject(new HeddleError('broker_unavailable', `no connection to the broker: ${this.#lastFailure}`));
      }, timeoutMs);
      const waiting = {
        onUp: (connection: ChannelModel): void => {
          clearTimeout(timer);
          resolve(connection);
        },
        onClosed: (): void => {
          clearTimeout(timer);
          reject(closed());
        },
      };
      this.#waiting.push(waiting);
    });
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends it, and does not come back. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('closing'));
    for (const { onClosed } of this.#waiting.splice(0)) onClosed();
    await this.#current?.close(CLOSE_MS);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const backOff = new BackOff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    while (!signal.aborted) {
      const began = Date.now();
      try {
        this.#lastFailure = await this.#live();
      } catch (error) {
        this.#lastFailure = messageOf(error);
      }
      if (signal.aborted) return;
      // One that comes up and is gone at once must not be made anew without a pause.
      if (Date.now() - began > STABLE_MS) backOff.reset();
      const pauseMs = Math.round(backOff.next());
      this.#log.warn(
        { connection: this.#settings.name, reason: this.#lastFailure, retryInMs: pauseMs },
        'broker connection lost',
      );
      await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  /** One connection's life. Resolves with the reason of its end; rejects if it never came up. */
  async #live(): Promise<string> {
    const { signal } = this.#closing;
    const opened = await openConnection(this.#settings, signal);
    const { model, ended } = opened;
    model.on('blocked', (reason) => this.#listener.onBlocked?.(reason));
    model.on('unblocked', () => this.#listener.onUnblocked?.());
    try {
      await this.#setUp(opened);
      if (signal.aborted) return 'closing';
      this.#current = opened;
      this.#log.info({ connection: this.#settings.name }, 'broker connected');
      this.#listener.onUp(model);
      for (const { onUp } of this.#waiting.splice(0)) onUp(model);
      return await ended;
    } finally {
      const wasUp = this.#current === opened;
      this.#current = undefined;
      if (!wasUp) opened.destroy();
      else this.#listener.onDown(await ended);
    }
  }

  /** Ends also when the connection dies meanwhile, or we are closed: a frozen broker would keep us for ever. */
  async #setUp({ model, ended }: OpenConnection): Promise<void> {
    const { signal } = this.#closing;
    const closing = new Promise<string>((resolve) => {
      signal.addEventListener('abort', () => resolve('closing'), { once: true });
    });
    const cut = Promise.race([ended, closing]).then((reason) => Promise.reject(new Error(reason)));
    await Promise.race([this.#listener.setUp(model), cut]);
  }
}

function closed(): HeddleError {
  return new HeddleError('shutting_down', 'the connection to the broker is closed');
}
