import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import { messageOf, replyCode, replyCodeOf } from './amqp-error.ts';
import { BackOff } from './back-off.ts';
import type { BrokerLog } from './broker.ts';
import { PublishChannel, type PublishChannelListener } from './publish-channel.ts';

/** Keeps one confirm channel open on whichever connection is there. */
export class PublishChannelKeeper {
  readonly #listener: PublishChannelListener;
  readonly #declareAgain: () => Promise<void>;
  readonly #log: BrokerLog;
  #connection: ChannelModel | undefined;
  #channel: PublishChannel | undefined;

  /** `declareAgain` is called when the broker says that an exchange is missing. */
  constructor(listener: PublishChannelListener, declareAgain: () => Promise<void>, log: BrokerLog) {
    this.#listener = listener;
    this.#declareAgain = declareAgain;
    this.#log = log;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  get channel(): PublishChannel | undefined {
    return this.#channel;
  }

  connected(connection: ChannelModel): void {
    this.#connection = connection;
    this.#channel = undefined;
    void this.#open(connection);
  }

  disconnected(): void {
    this.#connection = undefined;
    this.#channel = undefined;
  }

  /** For a channel that turns out to have gone without a word. */
  replace(channel: PublishChannel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    void this.#openAgain(undefined);
  }

  async #openAgain(error: Error | undefined): Promise<void> {
    const connection = this.#connection;
    // Not at once: if the whole connection is going, we are told so within this turn.
    await nextTurn();
    if (replyCodeOf(error) === replyCode.notFound) await this.#declareAgain().catch(() => {});
    if (connection) await this.#open(connection);
  }

  async #open(connection: ChannelModel): Promise<void> {
    const backOff = new BackOff(20, 2_000);
    while (this.#connection === connection && !this.#channel) {
      try {
        const channel: PublishChannel = await PublishChannel.open(connection, {
          ...this.#listener,
          onClosed: (unconfirmed, error) => {
            if (this.#channel === channel) this.#channel = undefined;
            this.#listener.onClosed(unconfirmed, error);
            void this.#openAgain(error);
          },
        });
        if (this.#connection !== connection) return;
        this.#channel = channel;
        this.#listener.onRoom();
      } catch (error) {
        this.#log.debug({ reason: messageOf(error) }, 'cannot open a publishing channel');
        await delay(backOff.next());
      }
    }
  }
}
