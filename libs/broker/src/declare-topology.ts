import {
  exchanges,
  jobQueue,
  plannedTopology,
  type QueueRow,
  queues,
  SUSPECT_SUFFIX,
  sharedExchanges,
  sharedQueues,
  splitLaneQueue,
  type TokenLimit,
} from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import { replyCode, replyCodeOf } from './amqp-error.ts';
import type { BrokerLog, JobQueueOptions } from './broker.ts';
import { Declarer, type DeclarerListener } from './declare-or-keep.ts';
import { OwnQueues } from './declare-own-queue.ts';
import { declareRung } from './declare-rung.ts';
import { declareLane, declarePartition, declareTask } from './declare-task.ts';
import { declareTokens } from './declare-tokens.ts';
import { inspectQueue, rowOf } from './inspect-queue.ts';
import { plannedDeclaration } from './queue-arguments.ts';

const EVENT_LOG = 'heddle.events.log';

interface DeclaredTask {
  readonly how: JobQueueOptions;
  readonly done: Promise<void>;
}

/** Declares what the topology table names. A broker that was upgraded keeps the queues it has. */
export class TopologyDeclarer {
  readonly #log: BrokerLog;
  /** With how many partitions or lanes each. */
  readonly #tasks = new Map<string, JobQueueOptions>();
  readonly #rungs = new Set<number>();
  readonly #limits = new Map<string, TokenLimit>();
  /** What the last declaring was refused. */
  readonly #refused = new Set<string>();
  readonly #ownQueues = new OwnQueues();
  /** The tasks whose queues are being declared on a connection. */
  readonly #underWay = new WeakMap<ChannelModel, Map<string, DeclaredTask>>();
  readonly #listener: DeclarerListener;
  #last: Promise<void> = Promise.resolve();

  constructor(log: BrokerLog) {
    this.#log = log;
    this.#listener = {
      onKept: (what, reason) => log.warn({ what, reason }, 'kept what is on the broker'),
      onRefused: (what) => this.#refused.add(what),
    };
  }

  /** All exchanges, the queues that every service declares, and the job queues asked for so far. One call after the other. */
  declareShared(connection: ChannelModel): Promise<void> {
    const declared = this.#last.then(() =>
      Declarer.use(connection, this.#listener, (declarer) => this.#declareAll(declarer)),
    );
    this.#last = declared.catch(() => {});
    return declared;
  }

  /** A rung of the delay ladder, from now on with every `declareShared` too. */
  async declareRung(connection: ChannelModel, rungMs: number): Promise<void> {
    await Declarer.use(connection, this.#listener, (declarer) => declareRung(declarer, rungMs));
    this.#rungs.add(rungMs);
  }

  /**
   * A task's queues, from now on with every `declareShared` too. Those who ask for the same at once share one declaring; other
   * options wait until it is done: a second declaration of a quorum queue is answered before the queue can be consumed from,
   * and a consumer then costs the whole connection (3.10: INTERNAL_ERROR).
   */
  declareJobQueue(connection: ChannelModel, task: string, how: JobQueueOptions): Promise<void> {
    this.#tasks.set(task, how);
    const underWay = this.#underWay.get(connection) ?? new Map<string, DeclaredTask>();
    this.#underWay.set(connection, underWay);
    const before = underWay.get(task);
    if (before && before.how.partitions === how.partitions && before.how.lanes === how.lanes)
      return before.done;
    const done = Promise.resolve(before?.done.catch(() => {})).then(() =>
      Declarer.use(connection, this.#listener, (declarer) => declareTask(declarer, task, how)),
    );
    underWay.set(task, { how, done });
    const end = (): void => {
      if (underWay.get(task)?.done === done) underWay.delete(task);
    };
    done.then(end, end);
    return done;
  }

  /** The queues of a limit's tokens, from now on with every `declareShared` too. */
  async declareTokens(connection: ChannelModel, limit: TokenLimit): Promise<void> {
    this.#limits.set(limit.name, limit);
    await Declarer.use(connection, this.#listener, (declarer) => declareTokens(declarer, limit));
  }

  async declareEventLog(connection: ChannelModel): Promise<{ created: boolean }> {
    const created = await isMissing(connection, EVENT_LOG);
    await Declarer.use(connection, this.#listener, (declarer) => declareOwnRow(declarer, EVENT_LOG));
    return { created };
  }

  /** Everything at once, for services that may declare nothing themselves. Fails where anything is refused. */
  async declareAllFor(connection: ChannelModel, tasks: readonly string[]): Promise<void> {
    const planned = plannedTopology(tasks);
    this.#refused.clear();
    await Declarer.useMany(connection, this.#listener, planned.exchanges, (declarer, exchange) =>
      declarer.declareExchange(exchange.name, exchange.type, exchange.alternate),
    );
    await Declarer.useMany(connection, this.#listener, planned.queues, (declarer, queue) =>
      declarer.declareQueue(queue.name, plannedDeclaration(queue, declarer.version), queue.bindings),
    );
    const refused = this.#refused.size;
    if (refused > 0)
      throw new Error(
        `the broker refused to declare ${refused} things: ${[...this.#refused].slice(0, 3).join(', ')} …`,
      );
  }

  /**
   * Says under which names a queue that is about to be consumed may be there. A queue of this process's own is made now: it
   * may still be held by a connection that the broker has not given up yet; then it gets another name. Where no queue may be
   * declared, it is any of those that were made beforehand which nobody else holds. What others share was declared before,
   * and is declared anew only `again`: when consuming from it has failed or ended on this connection.
   */
  async prepareQueue(connection: ChannelModel, queue: string, again: boolean): Promise<readonly string[]> {
    const row = rowOf(queue);
    if (queues[row].type === 'reply') return this.#ownQueues.declare(connection, queue, row);
    if (again) await this.#declareAgain(connection, queue);
    return [queue];
  }

  async #declareAgain(connection: ChannelModel, queue: string): Promise<void> {
    const row = rowOf(queue);
    const use = (work: (declarer: Declarer) => Promise<void>): Promise<void> =>
      Declarer.use(connection, this.#listener, work);
    switch (row) {
      case 'heddle.jobs.<task>':
      case 'heddle.jobs.<task>.suspect': {
        const key = queue.slice(jobQueue('').length);
        const task = row === 'heddle.jobs.<task>' ? key : key.slice(0, -SUSPECT_SUFFIX.length);
        const how = this.#tasks.get(task);
        if (how) await this.declareJobQueue(connection, task, how);
        return;
      }
      case 'heddle.serial.<partition>':
        return use((declarer) => declarePartition(declarer, queue));
      case 'heddle.lanes.<lane>': {
        const { task, lane } = splitLaneQueue(queue);
        // One that the task has no more is emptied, and not made.
        if (lane >= (this.#tasks.get(task)?.lanes ?? 0)) return;
        return use((declarer) => declareLane(declarer, task, lane));
      }
      case 'heddle.tokens.<limit>':
      case 'heddle.ledger.<limit>': {
        const limit = this.#limits.get(queue.slice(row.indexOf('<')));
        if (limit) await this.declareTokens(connection, limit);
        return;
      }
      default:
        // The stream of events is the recorder's, which has to know when it begins anew.
        if (sharedQueues.includes(row) && row !== EVENT_LOG)
          await use((declarer) => declareOwnRow(declarer, row));
    }
  }

  async #declareAll(declarer: Declarer): Promise<void> {
    this.#refused.clear();
    for (const name of sharedExchanges) {
      const entry = exchanges[name];
      await declarer.declareExchange(name, entry.type, 'alternate' in entry ? entry.alternate : undefined);
    }
    for (const row of sharedQueues) {
      if (row !== EVENT_LOG) await declareOwnRow(declarer, row);
    }
    for (const [task, how] of this.#tasks) await declareTask(declarer, task, how);
    for (const rung of this.#rungs) await declareRung(declarer, rung);
    for (const limit of this.#limits.values()) await declareTokens(declarer, limit);
    const count = this.#refused.size;
    if (count > 0) this.#log.info({ count }, 'may not declare: what is on the broker is taken as it is');
  }
}

/** From 4.x looking asks for some right, which who may not make it either need not have: then it was made beforehand. */
async function isMissing(connection: ChannelModel, queue: string): Promise<boolean> {
  try {
    return (await inspectQueue(connection, queue)) === undefined;
  } catch (error) {
    if (replyCodeOf(error) === replyCode.accessRefused) return false;
    throw error;
  }
}

/** A queue that has a row of the table to itself. */
function declareOwnRow(declarer: Declarer, row: QueueRow): Promise<void> {
  return declarer.declareQueueOf(row, row, queues[row].bindings);
}
