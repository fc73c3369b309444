import { HeddleError, type SyncObject, type SyncSeed, type WireMessage } from '@heddle/contracts';
import { inspectQueue } from '../inspect-queue.ts';
import { versionOf } from '../open-connection.ts';
import { ConnectionSupervisor } from '../supervise-connection.ts';
import { useChannel } from '../use-channel.ts';
import { waitAtMost } from '../wait-at-most.ts';
import type { BrokerSession, SessionChannel, SessionOptions } from './broker-session.ts';
import { EXCHANGE, seedObject } from './seed-object.ts';
import { SendChannel } from './send-channel.ts';
import { HeldChannel } from './session-channel.ts';

/** Heartbeat of a session's connections, in seconds: what a frozen process holds is lost after about twice as long. */
const HEARTBEAT_SECONDS = 5;
/** How long `close` waits for what is being sent. */
const CLOSE_MS = 2_000;

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
  /** What is there, or is being made, with so many messages. */
  readonly #seeded = new Map<
    SyncObject,
    { readonly count: number; readonly done: Promise<void>; made: boolean }
  >();
  /** What leads to those to which not everybody's exchange does, for this user. */
  readonly #exchanges = new Map<SyncObject, string>();
  /** One at a time: the broker keeps connections from each other, and this is one. */
  readonly #seeding = new Map<SyncObject, Promise<void>>();
  #sender: SendChannel | undefined;
  #opening: Promise<SendChannel> | undefined;
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
    const { object, count } = seed;
    const known = this.#seeded.get(object);
    if (known?.count === count) return known.made ? known.done : inTime(object, known.done, timeoutMs);
    const done = this.#seedNext(seed, Date.now() + timeoutMs);
    const seeded = { count, done, made: false };
    this.#seeded.set(object, seeded);
    this.#seeding.set(object, done);
    const end = (failed: boolean): void => {
      if (this.#seeding.get(object) === done) this.#seeding.delete(object);
      if (failed && this.#seeded.get(object) === seeded) this.#seeded.delete(object);
    };
    done.then(
      () => {
        seeded.made = true;
        end(false);
      },
      () => end(true),
    );
    return inTime(object, done, timeoutMs);
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
    await sender.send(this.#exchanges.get(object) ?? EXCHANGE, object, message, timeoutMs);
  }

  async close(): Promise<void> {
    // A broker with an alarm does not answer where something was published.
    await waitAtMost(CLOSE_MS, this.#closeSender());
    await Promise.all([this.#sending.close(), this.#holding.close()]);
  }

  async #closeSender(): Promise<void> {
    await this.#opening?.catch(() => {});
    await this.#sender?.close();
  }

  async #seedNext(seed: SyncSeed, deadline: number): Promise<void> {
    await this.#seeding.get(seed.object)?.catch(() => {});
    const exchange = await this.#holding.use(Math.max(deadline - Date.now(), 0), (connection) =>
      seedObject(connection, seed, deadline),
    );
    if (exchange === EXCHANGE) this.#exchanges.delete(seed.object);
    else this.#exchanges.set(seed.object, exchange);
  }

  /** One for all, however many begin at once: what is put in some order arrives in it. */
  async #openSender(timeoutMs: number): Promise<SendChannel> {
    if (this.#sender?.ended === false) return this.#sender;
    this.#opening ??= this.#openNext(timeoutMs);
    return await this.#opening;
  }

  async #openNext(timeoutMs: number): Promise<SendChannel> {
    try {
      this.#sender = await this.#sending.use(timeoutMs, (connection) => SendChannel.open(connection));
      return this.#sender;
    } catch (error) {
      if (error instanceof HeddleError) throw error;
      throw new HeddleError('broker_unavailable', 'no channel to publish on', { cause: error });
    } finally {
      this.#opening = undefined;
    }
  }
}

/** A broker with an alarm takes in no message, and says nothing, for as long as that lasts; what is on its way goes on meanwhile. */
async function inTime(object: SyncObject, made: Promise<void>, timeoutMs: number): Promise<void> {
  let late = true;
  await waitAtMost(
    timeoutMs,
    made.then(() => (late = false)),
  );
  if (late) throw new HeddleError('broker_unavailable', `${object} was not made within ${timeoutMs} ms`);
}
