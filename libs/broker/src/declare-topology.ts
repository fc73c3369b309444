import {
  delayName,
  exchanges,
  jobQueue,
  ledgerQueue,
  type QueueRow,
  queues,
  restName,
  SUSPECT_SUFFIX,
  sharedExchanges,
  sharedQueues,
  suspectQueue,
  type TokenLimit,
  tokenKeys,
  tokenQueue,
} from '@heddle/contracts';
import type { Channel, ChannelModel } from 'amqplib';
import { messageOf, replyCode, replyCodeOf } from './amqp-error.ts';
import type { BrokerLog } from './broker.ts';
import { inspectQueue, rowOf } from './inspect-queue.ts';
import { queueDeclaration, safeDeadLettering } from './queue-arguments.ts';
import { type RunOnChannel, useChannel, useChannels } from './use-channel.ts';

interface Binding {
  readonly exchange: string;
  readonly key: string;
}

const JOB_ROW = 'heddle.jobs.<task>';
const SUSPECT_ROW = 'heddle.jobs.<task>.suspect';
const DELAY_ROW = 'heddle.delay.<ms>';
const REST_ROW = 'heddle.rest.<ms>';
const TOKEN_ROW = 'heddle.tokens.<limit>';
const LEDGER_ROW = 'heddle.ledger.<limit>';
const EVENT_LOG = 'heddle.events.log';

/**
 * Declares what the topology table names, on throw-away channels. What exists in another form stays as it is: a broker
 * that was upgraded keeps its queues. Where declaring is forbidden, what is there is taken for granted if it is there.
 */
export class TopologyDeclarer {
  readonly #log: BrokerLog;
  readonly #tasks = new Set<string>();
  readonly #rungs = new Set<number>();
  readonly #limits = new Map<string, TokenLimit>();
  /** How often a queue of our own had to take another name. */
  #renamed = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(log: BrokerLog) {
    this.#log = log;
  }

  /** All exchanges, the queues that every service declares, and the job queues asked for so far. One call after the other. */
  declareShared(connection: ChannelModel): Promise<void> {
    const declared = this.#last.then(() =>
      useChannels(connection, (run) => this.#declareAll(connection, run)),
    );
    this.#last = declared.catch(() => {});
    return declared;
  }

  /** A rung of the delay ladder, from now on with every `declareShared` too. */
  async declareRung(connection: ChannelModel, rungMs: number): Promise<void> {
    await useChannels(connection, (run) => this.#declareRung(connection, run, DELAY_ROW, rungMs));
    this.#rungs.add(rungMs);
  }

  /** A task's queue and that of its suspects, from now on with every `declareShared` too. */
  async declareJobQueue(connection: ChannelModel, task: string): Promise<void> {
    this.#tasks.add(task);
    await useChannels(connection, (run) => this.#declareJobQueue(connection, run, task));
  }

  /** The queues of a limit's tokens, from now on with every `declareShared` too. */
  async declareTokens(connection: ChannelModel, limit: TokenLimit): Promise<void> {
    this.#limits.set(limit.name, limit);
    await useChannels(connection, (run) => this.#declareTokens(connection, run, limit));
  }

  async declareEventLog(connection: ChannelModel): Promise<{ created: boolean }> {
    const created = (await inspectQueue(connection, EVENT_LOG)) === undefined;
    const { bindings } = queues[EVENT_LOG];
    await useChannels(connection, (run) =>
      this.#declareQueue(connection, run, EVENT_LOG, EVENT_LOG, bindings),
    );
    return { created };
  }

  /**
   * Makes ready what is about to be consumed, and says under which name it is there. A queue of this process's own may
   * still be held by a connection that the broker has not given up yet; then it gets another name.
   */
  async prepareQueue(connection: ChannelModel, queue: string): Promise<string> {
    const row = rowOf(queue);
    const { type, bindings } = queues[row];
    if (type === 'reply') return this.#declareInstanceQueue(connection, queue, row);
    if (row === JOB_ROW || row === SUSPECT_ROW) {
      const key = queue.slice(jobQueue('').length);
      const task = row === SUSPECT_ROW ? key.slice(0, -SUSPECT_SUFFIX.length) : key;
      if (this.#tasks.has(task)) await this.declareJobQueue(connection, task);
    } else if (row === TOKEN_ROW || row === LEDGER_ROW) {
      const limit = this.#limits.get(queue.slice(row.indexOf('<')));
      if (limit) await this.declareTokens(connection, limit);
    } else if (type === 'quorum' || type === 'single') {
      await useChannels(connection, (run) => this.#declareQueue(connection, run, queue, row, bindings));
    }
    return queue;
  }

  async #declareAll(connection: ChannelModel, run: RunOnChannel): Promise<void> {
    for (const name of sharedExchanges) {
      const entry = exchanges[name];
      const options = 'alternate' in entry ? { alternateExchange: entry.alternate } : {};
      await this.#declare(
        run,
        `exchange ${name}`,
        (channel) => channel.assertExchange(name, entry.type, { durable: true, ...options }),
        (channel) => channel.checkExchange(name),
      );
    }
    for (const row of sharedQueues) {
      const { type, bindings } = queues[row];
      if (type !== 'stream') await this.#declareQueue(connection, run, row, row, bindings);
    }
    for (const task of this.#tasks) await this.#declareJobQueue(connection, run, task);
    for (const rung of this.#rungs) await this.#declareRung(connection, run, DELAY_ROW, rung);
    for (const limit of this.#limits.values()) await this.#declareTokens(connection, run, limit);
  }

  async #declareJobQueue(connection: ChannelModel, run: RunOnChannel, task: string): Promise<void> {
    const bindings = queues[JOB_ROW].bindings.map(({ exchange }) => ({ exchange, key: task }));
    await this.#declareQueue(connection, run, jobQueue(task), JOB_ROW, bindings);
    await this.#declareQueue(connection, run, suspectQueue(task), SUSPECT_ROW, [
      { exchange: 'heddle.submit', key: `${task}${SUSPECT_SUFFIX}` },
    ]);
  }

  /** Nothing may be published to the exchange before its queue is bound: the caller waits for all of it. */
  async #declareRung(
    connection: ChannelModel,
    run: RunOnChannel,
    row: typeof DELAY_ROW | typeof REST_ROW,
    rungMs: number,
  ): Promise<void> {
    const name = row === DELAY_ROW ? delayName(rungMs) : restName(rungMs);
    await this.#declare(
      run,
      `exchange ${name}`,
      (channel) => channel.assertExchange(name, exchanges[row].type, { durable: true }),
      (channel) => channel.checkExchange(name),
    );
    await this.#declareQueue(connection, run, name, row, [{ exchange: name, key: '' }], {
      'x-message-ttl': rungMs,
    });
  }

  async #declareTokens(connection: ChannelModel, run: RunOnChannel, limit: TokenLimit): Promise<void> {
    const { name, restMs } = limit;
    const exchange = 'heddle.tokens';
    const { back, issue, ledger } = tokenKeys(name);
    // The ledger first: a token without an entry would never be missed.
    await this.#declareQueue(connection, run, ledgerQueue(name), LEDGER_ROW, [
      { exchange, key: issue },
      { exchange, key: ledger },
    ]);
    if (restMs !== undefined) await this.#declareRung(connection, run, REST_ROW, restMs);
    const spent =
      restMs === undefined
        ? {}
        : {
            ...safeDeadLettering({ deadLetter: restName(restMs) }),
            'x-dead-letter-routing-key': back,
          };
    const bindings = [
      { exchange, key: back },
      { exchange, key: issue },
    ];
    await this.#declareQueue(connection, run, tokenQueue(name), TOKEN_ROW, bindings, spent);
  }

  async #declareInstanceQueue(connection: ChannelModel, queue: string, row: QueueRow): Promise<string> {
    const { exclusive, durable } = queueDeclaration(row, versionOf(connection));
    const declareAs = (name: string): Promise<string> =>
      useChannel(connection, async (channel) => {
        await channel.assertQueue(name, { exclusive, durable });
        for (const { exchange, key } of queues[row].bindings) {
          // Under its own name too: what answers an earlier question knows no other.
          for (const own of key === '' ? [''] : new Set([queue, name])) {
            await channel.bindQueue(name, exchange, own);
          }
        }
        return name;
      });
    try {
      return await declareAs(queue);
    } catch (error) {
      if (replyCodeOf(error) !== replyCode.resourceLocked) throw error;
      return declareAs(`${queue}.${++this.#renamed}`);
    }
  }

  async #declareQueue(
    connection: ChannelModel,
    run: RunOnChannel,
    name: string,
    row: QueueRow,
    bindings: readonly Binding[],
    ownArguments: Readonly<Record<string, number | string>> = {},
  ): Promise<void> {
    const declaration = queueDeclaration(row, versionOf(connection));
    const { durable } = declaration;
    const args = { ...declaration.arguments, ...ownArguments };
    await this.#declare(
      run,
      `queue ${name}`,
      (channel) => channel.assertQueue(name, { durable, arguments: args }),
      (channel) => channel.checkQueue(name),
    );
    for (const { exchange, key } of bindings) {
      await this.#declare(
        run,
        `binding of ${name} to ${exchange}`,
        (channel) => channel.bindQueue(name, exchange, key),
        () => Promise.resolve(),
      );
    }
  }

  async #declare(
    run: RunOnChannel,
    what: string,
    declare: (channel: Channel) => Promise<unknown>,
    check: (channel: Channel) => Promise<unknown>,
  ): Promise<void> {
    try {
      await run(declare);
    } catch (error) {
      const code = replyCodeOf(error);
      if (code !== replyCode.preconditionFailed && code !== replyCode.accessRefused) throw error;
      await run(check).catch((refusal: unknown) => {
        // From 4.x looking asks for some right too. Who has none on a thing neither publishes to it nor consumes from it.
        if (replyCodeOf(refusal) !== replyCode.accessRefused) throw refusal;
      });
      this.#log.warn({ what, reason: messageOf(error) }, 'kept what is on the broker');
    }
  }
}

/** The broker's version, as it said when the connection was opened. */
export function versionOf(connection: ChannelModel): string {
  return connection.connection.serverProperties.version;
}
