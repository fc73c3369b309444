import type { QueueRow } from '@heddle/contracts';
import type { Channel, ChannelModel } from 'amqplib';
import { messageOf, replyCode, replyCodeOf } from './amqp-error.ts';
import { versionOf } from './open-connection.ts';
import { type QueueDeclaration, queueDeclaration } from './queue-arguments.ts';
import { inParallel, type RunOnChannel, useChannels } from './use-channel.ts';

interface Binding {
  readonly exchange: string;
  readonly key: string;
}

export interface DeclarerListener {
  /** The broker has it in another form. */
  onKept(what: string, reason: string): void;
  /** It may not be declared, or not be looked at. */
  onRefused(what: string): void;
}

/**
 * Declares one thing after the other on throw-away channels. What exists in another form stays as it is; where declaring is
 * forbidden, what is there is taken for granted if it is there.
 */
export class Declarer {
  /** The broker's, such as `3.10.8`. */
  readonly version: string;
  readonly #run: RunOnChannel;
  readonly #listener: DeclarerListener;

  /** Lends one, for as long as the work takes. */
  static use<T>(
    connection: ChannelModel,
    listener: DeclarerListener,
    work: (declarer: Declarer) => Promise<T>,
  ): Promise<T> {
    return useChannels(connection, (run) => work(new Declarer(connection, run, listener)));
  }

  /** Several at once, for many things. */
  static useMany<T>(
    connection: ChannelModel,
    listener: DeclarerListener,
    all: readonly T[],
    work: (declarer: Declarer, one: T) => Promise<void>,
  ): Promise<void> {
    return inParallel(connection, all, (run, one) => work(new Declarer(connection, run, listener), one));
  }

  private constructor(connection: ChannelModel, run: RunOnChannel, listener: DeclarerListener) {
    this.version = versionOf(connection);
    this.#run = run;
    this.#listener = listener;
  }

  async declareExchange(name: string, type: string, alternate?: string): Promise<void> {
    const options = alternate === undefined ? {} : { alternateExchange: alternate };
    await this.#declare(
      `exchange ${name}`,
      (channel) => channel.assertExchange(name, type, { durable: true, ...options }),
      (channel) => channel.checkExchange(name),
    );
  }

  /** A queue as its row of the topology says, with arguments of its own where it has some. */
  declareQueueOf(
    row: QueueRow,
    name: string,
    bindings: readonly Binding[],
    ownArguments: Readonly<Record<string, number>> = {},
  ): Promise<void> {
    const { arguments: args, ...declaration } = queueDeclaration(row, this.version);
    return this.declareQueue(name, { ...declaration, arguments: { ...args, ...ownArguments } }, bindings);
  }

  async declareQueue(
    name: string,
    { durable, arguments: args }: QueueDeclaration,
    bindings: readonly Binding[],
  ): Promise<void> {
    await this.#declare(
      `queue ${name}`,
      (channel) => channel.assertQueue(name, { durable, arguments: args }),
      (channel) => channel.checkQueue(name),
    );
    for (const { exchange, key } of bindings) {
      await this.#declare(
        `binding of ${name} to ${exchange}`,
        (channel) => channel.bindQueue(name, exchange, key),
        () => Promise.resolve(),
      );
    }
  }

  async #declare(
    what: string,
    declare: (channel: Channel) => Promise<unknown>,
    check: (channel: Channel) => Promise<unknown>,
  ): Promise<void> {
    try {
      await this.#run(declare);
    } catch (error) {
      const code = replyCodeOf(error);
      if (code !== replyCode.preconditionFailed && code !== replyCode.accessRefused) throw error;
      await this.#run(check).catch((refusal: unknown) => {
        // From 4.x looking asks for some right too. Who has none on a thing neither publishes to it nor consumes from it.
        if (replyCodeOf(refusal) === replyCode.accessRefused) return;
        // What may not be made and is not there: the missing right is what has to be mended.
        throw code === replyCode.accessRefused && replyCodeOf(refusal) === replyCode.notFound
          ? error
          : refusal;
      });
      if (code === replyCode.accessRefused) this.#listener.onRefused(what);
      else this.#listener.onKept(what, messageOf(error));
    }
  }
}
