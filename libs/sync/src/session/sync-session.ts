import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type BrokerLog, type BrokerSession, openSession, silentLog, type TlsFiles } from '@heddle/broker';
import { RuntimeError, SYNC_NAME, ValueError } from '@heddle/contracts';
import { KeyedClient } from '../keyed/keyed-client.ts';
import { ChannelPool } from './channel-pool.ts';
import { Ledger } from './ledger.ts';
import { SessionReporter } from './report-session.ts';

export interface SyncSessionOptions {
  /** `amqp://` or `amqps://`, with user, password and vhost. */
  readonly url: string;
  /** For people who look at the broker's connections, or at `GET /v1/sync`. Default: the host, the process's id, and what tells sessions apart. */
  readonly name?: string | undefined;
  /** A process that was frozen for about twice as long has lost its leases. Seconds, 1 to 60; default 5. */
  readonly heartbeatSeconds?: number | undefined;
  /** For `amqps://`. */
  readonly tls?: TlsFiles | undefined;
  /** Where the library's own remarks go; a pino logger fits. Default: nowhere. */
  readonly log?: BrokerLog | undefined;
}

const CONNECT_MS = 30_000;

/**
 * What all named objects of a process live on: a connection to the broker whose end gives everything back that is held
 * through it. One a process is enough.
 *
 * ```ts
 * await using session = await SyncSession.connect({ url: 'amqp://localhost' });
 * const lock = new Lock(session, 'bank');
 * await lock.run(async (lease) => transfer(lease.fence));
 * ```
 */
export class SyncSession {
  readonly name: string;
  readonly broker: BrokerSession;
  readonly channels: ChannelPool;
  readonly ledger = new Ledger();
  readonly log: BrokerLog;
  /** What must tell the broker something before the connection ends. */
  readonly open = new Set<{ close(): Promise<void> }>();
  readonly #options: Pick<SyncSessionOptions, 'url' | 'tls' | 'heartbeatSeconds'>;
  #keyed: KeyedClient | undefined;
  #closed: Promise<void> | undefined;

  /** Resolves once the broker is there. Rejects with `broker_unavailable` after 30 s without it, and with `ValueError`. */
  static async connect(options: SyncSessionOptions): Promise<SyncSession> {
    const session = new SyncSession(options);
    try {
      session.channels.give(await session.channels.take(CONNECT_MS));
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  private constructor({
    url,
    name = nameOfProcess(),
    heartbeatSeconds,
    tls,
    log = silentLog,
  }: SyncSessionOptions) {
    if (!SYNC_NAME.test(name)) throw new ValueError(`name: expected ${SYNC_NAME.source}, got "${name}"`);
    if (heartbeatSeconds !== undefined && !(heartbeatSeconds >= 1 && heartbeatSeconds <= 60)) {
      throw new ValueError(`heartbeatSeconds: expected 1 to 60, got ${heartbeatSeconds}`);
    }
    this.name = name;
    this.log = log;
    this.#options = { url, tls, heartbeatSeconds };
    this.broker = openSession({ url, name: `sync ${name}`, log, heartbeatSeconds, tls });
    this.channels = new ChannelPool(this.broker);
    this.open.add(new SessionReporter(this));
  }

  /** For objects whose state the recorder keeps; its connections are made at first use. Throws `RuntimeError` after `close`. */
  get keyed(): KeyedClient {
    if (!this.#keyed) {
      // Nobody would close its connections.
      if (this.#closed) throw new RuntimeError('the session is closed');
      this.#keyed = new KeyedClient({ ...this.#options, name: this.name, log: this.log });
      this.open.add(this.#keyed);
    }
    return this.#keyed;
  }

  /** Gives back everything that is held, ends all waits. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.allSettled([...this.open].map((one) => one.close()));
    await this.broker.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Such as `host.4711.3f2a`. */
function nameOfProcess(): string {
  const host = hostname()
    .replaceAll(/[^\w-]+/g, '-')
    .slice(0, 60);
  return `${host}.${process.pid}.${randomUUID().slice(0, 4)}`;
}
