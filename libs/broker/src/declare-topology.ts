import {
  delayName,
  exchanges,
  jobQueue,
  laneKey,
  laneQueue,
  ledgerQueue,
  plannedTopology,
  queues,
  restName,
  SUSPECT_SUFFIX,
  serialQueue,
  sharedExchanges,
  sharedQueues,
  splitLaneQueue,
  suspectQueue,
  type TokenLimit,
  tokenKeys,
  tokenQueue,
} from '@heddle/contracts';
import type { Channel, ChannelModel } from 'amqplib';
import { messageOf, replyCode, replyCodeOf } from './amqp-error.ts';
import type { BrokerLog, JobQueueOptions } from './broker.ts';
import { OwnQueues } from './declare-own-queue.ts';
import { inspectQueue, rowOf } from './inspect-queue.ts';
import {
  plannedDeclaration,
  type QueueDeclaration,
  queueDeclaration,
  safeDeadLettering,
} from './queue-arguments.ts';
import { inParallel, type RunOnChannel, useChannels } from './use-channel.ts';

interface Binding {
  readonly exchange: string;
  readonly key: string;
}

const JOB_ROW = 'heddle.jobs.<task>';
const SUSPECT_ROW = 'heddle.jobs.<task>.suspect';
const SERIAL_ROW = 'heddle.serial.<partition>';
const SERIAL_PREFIX = 'heddle.serial.';
const LANE_ROW = 'heddle.lanes.<lane>';
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
  /** With how many partitions or lanes each. */
  readonly #tasks = new Map<string, JobQueueOptions>();
  readonly #rungs = new Set<number>();
  readonly #limits = new Map<string, TokenLimit>();
  /** What the last declaring was refused. */
  readonly #refused = new Set<string>();
  readonly #ownQueues = new OwnQueues();
  /** The last declaring of each task's queues on a connection. */
  readonly #lastOfTask = new WeakMap<ChannelModel, Map<string, Promise<void>>>();
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

  /**
   * A task's queue and that of its suspects and its lanes, or those of its partitions, from now on with every `declareShared`
   * too. One call for a task after the other: a second declaration of a quorum queue is answered before the queue can be
   * consumed from, and a consumer then costs the whole connection (3.10: INTERNAL_ERROR).
   */
  declareJobQueue(connection: ChannelModel, task: string, options: JobQueueOptions): Promise<void> {
    const how = { ...this.#tasks.get(task), ...options };
    this.#tasks.set(task, how);
    const lastOf = this.#lastOfTask.get(connection) ?? new Map<string, Promise<void>>();
    this.#lastOfTask.set(connection, lastOf);
    const declared = (lastOf.get(task) ?? Promise.resolve()).then(() =>
      useChannels(connection, (run) => this.#declareJobQueue(connection, run, task, how)),
    );
    lastOf.set(
      task,
      declared.catch(() => {}),
    );
    return declared;
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
      this.#declareQueue(run, EVENT_LOG, queueDeclaration(EVENT_LOG, versionOf(connection)), bindings),
    );
    return { created };
  }

  /** Everything at once, for services that may declare nothing themselves. Fails where anything is refused. */
  async declareAllFor(connection: ChannelModel, tasks: readonly string[]): Promise<void> {
    const planned = plannedTopology(tasks);
    const version = versionOf(connection);
    this.#refused.clear();
    await inParallel(connection, planned.exchanges, (run, { name, type, alternate }) =>
      this.#declareExchange(run, name, type, alternate),
    );
    await inParallel(connection, planned.queues, (run, queue) =>
      this.#declareQueue(run, queue.name, plannedDeclaration(queue, version), queue.bindings),
    );
    const refused = this.#refused.size;
    if (refused > 0)
      throw new Error(
        `the broker refused to declare ${refused} things: ${[...this.#refused].slice(0, 3).join(', ')} …`,
      );
  }

  /**
   * Makes ready what is about to be consumed, and says under which names it may be there. A queue of this process's own may
   * still be held by a connection that the broker has not given up yet; then it gets another name. Where no queue may be
   * declared, it is any of those that were made beforehand which nobody else holds.
   */
  async prepareQueue(connection: ChannelModel, queue: string): Promise<readonly string[]> {
    const row = rowOf(queue);
    const { type, bindings } = queues[row];
    if (type === 'reply') return this.#ownQueues.declare(connection, queue, row);
    if (row === JOB_ROW || row === SUSPECT_ROW) {
      const key = queue.slice(jobQueue('').length);
      const task = row === SUSPECT_ROW ? key.slice(0, -SUSPECT_SUFFIX.length) : key;
      const how = this.#tasks.get(task);
      if (how) await this.declareJobQueue(connection, task, how);
    } else if (row === SERIAL_ROW) {
      await useChannels(connection, (run) => this.#declarePartition(connection, run, queue));
    } else if (row === LANE_ROW) {
      const { task, lane } = splitLaneQueue(queue);
      if (lane < (this.#tasks.get(task)?.lanes ?? 0))
        await useChannels(connection, (run) => this.#declareLane(connection, run, task, lane));
    } else if (row === TOKEN_ROW || row === LEDGER_ROW) {
      const limit = this.#limits.get(queue.slice(row.indexOf('<')));
      if (limit) await this.declareTokens(connection, limit);
    } else if (type === 'quorum' || type === 'single') {
      await useChannels(connection, (run) =>
        this.#declareQueue(run, queue, queueDeclaration(row, versionOf(connection)), bindings),
      );
    }
    return [queue];
  }

  async #declareAll(connection: ChannelModel, run: RunOnChannel): Promise<void> {
    const version = versionOf(connection);
    this.#refused.clear();
    for (const name of sharedExchanges) {
      const entry = exchanges[name];
      await this.#declareExchange(run, name, entry.type, 'alternate' in entry ? entry.alternate : undefined);
    }
    for (const row of sharedQueues) {
      const { type, bindings } = queues[row];
      if (type !== 'stream') await this.#declareQueue(run, row, queueDeclaration(row, version), bindings);
    }
    for (const [task, how] of this.#tasks) await this.#declareJobQueue(connection, run, task, how);
    for (const rung of this.#rungs) await this.#declareRung(connection, run, DELAY_ROW, rung);
    for (const limit of this.#limits.values()) await this.#declareTokens(connection, run, limit);
    const count = this.#refused.size;
    if (count > 0) this.#log.info({ count }, 'may not declare: what is on the broker is taken as it is');
  }

  async #declareJobQueue(
    connection: ChannelModel,
    run: RunOnChannel,
    task: string,
    { partitions, lanes = 0 }: JobQueueOptions,
  ): Promise<void> {
    const bindings = queues[JOB_ROW].bindings.map(({ exchange }) => ({ exchange, key: task }));
    const version = versionOf(connection);
    const isSerial = partitions !== undefined;
    await this.#declareQueue(run, jobQueue(task), queueDeclaration(JOB_ROW, version, isSerial), bindings);
    for (let partition = 0; partition < (partitions ?? 0); partition++) {
      await this.#declarePartition(connection, run, serialQueue(task, partition));
    }
    if (isSerial) return;
    await this.#declareQueue(run, suspectQueue(task), queueDeclaration(SUSPECT_ROW, version), [
      { exchange: 'heddle.submit', key: `${task}${SUSPECT_SUFFIX}` },
    ]);
    for (let lane = 0; lane < lanes; lane += 1) await this.#declareLane(connection, run, task, lane);
  }

  async #declareLane(connection: ChannelModel, run: RunOnChannel, task: string, lane: number): Promise<void> {
    const declaration = queueDeclaration(LANE_ROW, versionOf(connection));
    await this.#declareQueue(run, laneQueue(task, lane), declaration, [
      { exchange: 'heddle.lanes', key: laneKey(task, lane) },
    ]);
  }

  async #declarePartition(connection: ChannelModel, run: RunOnChannel, queue: string): Promise<void> {
    const declaration = queueDeclaration(SERIAL_ROW, versionOf(connection));
    const bindings = [{ exchange: 'heddle.serial', key: queue.slice(SERIAL_PREFIX.length) }];
    await this.#declareQueue(run, queue, declaration, bindings);
  }

  /** Nothing may be published to the exchange before its queue is bound: the caller waits for all of it. */
  async #declareRung(
    connection: ChannelModel,
    run: RunOnChannel,
    row: typeof DELAY_ROW | typeof REST_ROW,
    rungMs: number,
  ): Promise<void> {
    const name = row === DELAY_ROW ? delayName(rungMs) : restName(rungMs);
    await this.#declareExchange(run, name, exchanges[row].type, undefined);
    const declaration = queueDeclaration(row, versionOf(connection));
    const [{ key }] = queues[row].bindings;
    await this.#declareQueue(run, name, declaration, [{ exchange: name, key }], { 'x-message-ttl': rungMs });
  }

  async #declareTokens(connection: ChannelModel, run: RunOnChannel, limit: TokenLimit): Promise<void> {
    const { name, restMs } = limit;
    const exchange = 'heddle.tokens';
    const version = versionOf(connection);
    const { back, issue, ledger } = tokenKeys(name);
    // The ledger first: a token without an entry would never be missed.
    await this.#declareQueue(run, ledgerQueue(name), queueDeclaration(LEDGER_ROW, version), [
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
    await this.#declareQueue(run, tokenQueue(name), queueDeclaration(TOKEN_ROW, version), bindings, spent);
  }

  #declareExchange(run: RunOnChannel, name: string, type: string, alternate: string | undefined) {
    const options = alternate === undefined ? {} : { alternateExchange: alternate };
    return this.#declare(
      run,
      `exchange ${name}`,
      (channel) => channel.assertExchange(name, type, { durable: true, ...options }),
      (channel) => channel.checkExchange(name),
    );
  }

  async #declareQueue(
    run: RunOnChannel,
    name: string,
    declaration: QueueDeclaration,
    bindings: readonly Binding[],
    ownArguments: Readonly<Record<string, number | string>> = {},
  ): Promise<void> {
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
        if (replyCodeOf(refusal) === replyCode.accessRefused) return;
        // What may not be made and is not there: the missing right is what has to be mended.
        throw code === replyCode.accessRefused && replyCodeOf(refusal) === replyCode.notFound
          ? error
          : refusal;
      });
      if (code === replyCode.accessRefused) this.#refused.add(what);
      else this.#log.warn({ what, reason: messageOf(error) }, 'kept what is on the broker');
    }
  }
}

/** The broker's version, as it said when the connection was opened. */
export function versionOf(connection: ChannelModel): string {
  return connection.connection.serverProperties.version;
}
