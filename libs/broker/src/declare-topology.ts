import { exchanges, HeddleError, jobQueue, type QueueRow, queues, sharedQueues } from '@heddle/contracts';
import type { Channel, ChannelModel } from 'amqplib';
import { messageOf, replyCode, replyCodeOf } from './amqp-error.ts';
import type { BrokerLog } from './broker.ts';
import { queueDeclaration } from './queue-arguments.ts';
import { useChannel } from './use-channel.ts';

type Binding = { readonly exchange: string; readonly key: string };
const EVENT_LOG = 'heddle.events.log';

/**
 * Declares what the topology table names, on throw-away channels. What exists in another form stays as it is: a broker
 * that was upgraded keeps its queues. Where declaring is forbidden, what is there is taken for granted if it is there.
 */
export class TopologyDeclarer {
  readonly #log: BrokerLog;
  readonly #tasks = new Set<string>();
  /** Instance queues whose plain name an older connection of ours still held. */
  #renamed = 0;

  constructor(log: BrokerLog) {
    this.#log = log;
  }

  /** All exchanges, the queues that every service declares, and the job queues asked for so far. */
  async declareShared(connection: ChannelModel): Promise<void> {
    for (const [name, entry] of Object.entries(exchanges)) {
      const alternate = 'alternate' in entry ? { alternateExchange: entry.alternate } : {};
      await this.#declare(
        connection,
        `exchange ${name}`,
        (channel) => channel.assertExchange(name, entry.type, { durable: true, ...alternate }),
        (channel) => channel.checkExchange(name),
      );
    }
    for (const row of sharedQueues) {
      if (queues[row].type !== 'stream') await this.#declareQueue(connection, row, row, queues[row].bindings);
    }
    for (const task of this.#tasks) await this.declareJobQueue(connection, task);
  }

  /** A task's queue, from now on with every `declareShared` too. */
  async declareJobQueue(connection: ChannelModel, task: string): Promise<void> {
    this.#tasks.add(task);
    const row = 'heddle.jobs.<task>';
    const bindings = queues[row].bindings.map(({ exchange }) => ({ exchange, key: task }));
    await this.#declareQueue(connection, jobQueue(task), row, bindings);
  }

  async declareEventLog(connection: ChannelModel): Promise<{ created: boolean }> {
    const created = !(await queueExists(connection, EVENT_LOG));
    await this.#declareQueue(connection, EVENT_LOG, EVENT_LOG, queues[EVENT_LOG].bindings);
    return { created };
  }

  /**
   * Makes ready what is about to be consumed, and says under which name it is there. A queue of this process's own may
   * still be held by a connection that the broker has not given up yet; then it gets another name.
   */
  async prepareQueue(connection: ChannelModel, queue: string): Promise<string> {
    const row = rowOf(queue);
    if (queues[row].type === 'reply') return this.#declareInstanceQueue(connection, queue, row);
    if (queues[row].type === 'stream') return queue;
    if (row === queue) await this.#declareQueue(connection, queue, row, queues[row].bindings);
    else if (this.#tasks.has(queue.slice('heddle.jobs.'.length))) {
      await this.declareJobQueue(connection, queue.slice('heddle.jobs.'.length));
    }
    return queue;
  }

  async #declareInstanceQueue(connection: ChannelModel, queue: string, row: QueueRow): Promise<string> {
    const declareAs = async (name: string): Promise<string> => {
      const { exclusive, durable } = queueDeclaration(row, versionOf(connection));
      await useChannel(connection, async (channel) => {
        await channel.assertQueue(name, { exclusive, durable });
        for (const { exchange, key } of queues[row].bindings) {
          await channel.bindQueue(name, exchange, key === '' ? '' : name);
        }
      });
      return name;
    };
    try {
      return await declareAs(queue);
    } catch (error) {
      if (replyCodeOf(error) !== replyCode.resourceLocked) throw error;
      return declareAs(`${queue}.${++this.#renamed}`);
    }
  }

  async #declareQueue(
    connection: ChannelModel,
    name: string,
    row: QueueRow,
    bindings: readonly Binding[],
  ): Promise<void> {
    const { exclusive: _, ...declaration } = queueDeclaration(row, versionOf(connection));
    await this.#declare(
      connection,
      `queue ${name}`,
      (channel) => channel.assertQueue(name, declaration),
      (channel) => channel.checkQueue(name),
    );
    for (const { exchange, key } of bindings) {
      await this.#declare(
        connection,
        `binding of ${name} to ${exchange}`,
        (channel) => channel.bindQueue(name, exchange, key),
        () => Promise.resolve(),
      );
    }
  }

  async #declare(
    connection: ChannelModel,
    what: string,
    declare: (channel: Channel) => Promise<unknown>,
    check: (channel: Channel) => Promise<unknown>,
  ): Promise<void> {
    try {
      await useChannel(connection, declare);
    } catch (error) {
      const code = replyCodeOf(error);
      if (code !== replyCode.preconditionFailed && code !== replyCode.accessRefused) throw error;
      await useChannel(connection, check);
      this.#log.warn({ what, reason: messageOf(error) }, 'kept what is on the broker');
    }
  }
}

/** The broker's version, as it said when the connection was opened. */
export function versionOf(connection: ChannelModel): string {
  return connection.connection.serverProperties.version;
}

/** Ready messages, or undefined if there is no such queue. */
export async function inspectQueue(
  connection: ChannelModel,
  queue: string,
): Promise<{ ready: number; consumers: number } | undefined> {
  try {
    const { messageCount, consumerCount } = await useChannel(connection, (channel) =>
      channel.checkQueue(queue),
    );
    return { ready: messageCount, consumers: consumerCount };
  } catch (error) {
    if (replyCodeOf(error) === replyCode.notFound) return undefined;
    throw error;
  }
}

async function queueExists(connection: ChannelModel, queue: string): Promise<boolean> {
  return (await inspectQueue(connection, queue)) !== undefined;
}

/** The row of the table that a queue belongs to. */
export function rowOf(queue: string): QueueRow {
  for (const row of Object.keys(queues) as QueueRow[]) {
    const [head = row, placeholder] = row.split('<');
    if (placeholder === undefined ? queue === row : queue.startsWith(head)) return row;
  }
  throw new HeddleError('internal_error', `the topology has no queue "${queue}"`);
}
