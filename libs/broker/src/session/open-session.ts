import { HeddleError, type SyncObject, type WireMessage } from '@heddle/contracts';
import { versionOf } from '../declare-topology.ts';
import { inspectQueue } from '../inspect-queue.ts';
import { ConnectionSupervisor } from '../supervise-connection.ts';
import { useChannel } from '../use-channel.ts';
import type { BrokerSession, SessionChannel, SessionOptions, SyncSeed } from './broker-session.ts';
import { seedObject } from './seed-object.ts';
import { SendChannel } from './send-channel.ts';
import { HeldChannel } from './session-channel.ts';

/** Heartbeat of a session's connections, in seconds: what a frozen process holds is lost after about twice as long. */
const HEARTBEAT_SECONDS = 5;

/**
 * Opens a session; its connection comes up by and by. What is held and what is published have a connection each, so that
 * an alarm on the broker, which stops publishers, does not stop a release.
 */
export function openSession(options: SessionOptions): BrokerSession {
  return new RabbitSession(options);
}

class RabbitSession implements BrokerSession {
  readonly #holding: ConnectionSupervisor;
  readonly #sending: ConnectionSupervisor;
  readonly #seeded = new Map<SyncObject, Promise<void>>();
  #sender: Promise<SendChannel> | undefined;
  #sendingStarted = false;
  #version = '';

  constructor({ url, name, log, tls, heartbeatSeconds = HEARTBEAT_SECONDS }: SessionOptions) {
    const supervise = (purpose: string, onUp?: (version: string) => void) =>
      new ConnectionSupervisor(
        { url, tls, heartbeatSeconds, name: `heddle ${name} ${purpose}` },
        {
          // Something that the broker answers, so that the connection is known to be alive.
          setUp: (connection) => useChannel(connection, async (channel) => void (await channel.prefetch(0))),
          onUp: (connection) => onUp?.(versionOf(connection)),
          onDown: () => {},
        },
        log,
      );
    this.#holding = supervise('hold', (version) => {
      this.#version = version;
      // Whoever comes back looks again whether everything is still there.
      this.#seeded.clear();
    });
    this.#sending = supervise('send');
    this.#holding.start();
  }

  get version(): string {
    return this.#version;
  }

  openChannel(timeoutMs: number): Promise<SessionChannel> {
    return this.#holding.use(timeoutMs, (connection) => HeldChannel.open(connection));
  }

  seed(seed: SyncSeed, timeoutMs: number): Promise<void> {
    const { object } = seed;
    const known = this.#seeded.get(object);
    if (known) return known;
    const deadline = Date.now() + timeoutMs;
    const seeded = this.#holding.use(timeoutMs, (connection) => seedObject(connection, seed, deadline));
    this.#seeded.set(object, seeded);
    seeded.catch(() => {
      if (this.#seeded.get(object) === seeded) this.#seeded.delete(object);
    });
    return seeded;
  }

  forget(object: SyncObject): void {
    this.#seeded.delete(object);
  }

  async countReady(queue: string, timeoutMs: number): Promise<number | undefined> {
    const found = await this.#holding.use(timeoutMs, (connection) => inspectQueue(connection, queue));
    return found?.ready;
  }

  async publish(object: SyncObject, message: WireMessage<'sync'>, timeoutMs: number): Promise<void> {
    if (!this.#sendingStarted) {
      this.#sendingStarted = true;
      this.#sending.start();
    }
    const sender = await this.#openSender(timeoutMs);
    await sender.send(object, message, timeoutMs);
  }

  async close(): Promise<void> {
    const sender = await this.#sender?.catch(() => undefined);
    await sender?.close();
    await Promise.all([this.#sending.close(), this.#holding.close()]);
  }

  async #openSender(timeoutMs: number): Promise<SendChannel> {
    const current = await this.#sender?.catch(() => undefined);
    if (current && !current.ended) return current;
    this.#sender = this.#sending.use(timeoutMs, (connection) => SendChannel.open(connection));
    try {
      return await this.#sender;
    } catch (error) {
      if (error instanceof HeddleError) throw error;
      throw new HeddleError('broker_unavailable', 'no channel to publish on', { cause: error });
    }
  }
}
