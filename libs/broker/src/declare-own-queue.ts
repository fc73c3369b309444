import { type QueueRow, queues, slotQueues } from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import { replyCode, replyCodeOf } from './amqp-error.ts';
import { useChannel } from './use-channel.ts';

/** The queues that are a process's own, for replies and for news: exclusive to its connection, gone with it. */
export class OwnQueues {
  /** How often one had to take another name. */
  #renamed = 0;

  /** Declares one, and gives the names under which it may be there. */
  async declare(connection: ChannelModel, queue: string, row: QueueRow): Promise<readonly string[]> {
    try {
      return [await declareAs(queue, connection, queue, row)];
    } catch (error) {
      const code = replyCodeOf(error);
      if (code === replyCode.accessRefused) return fromAnywhere(slotQueues(row));
      if (code !== replyCode.resourceLocked) throw error;
      return [await declareAs(`${queue}.${++this.#renamed}`, connection, queue, row)];
    }
  }
}

function declareAs(name: string, connection: ChannelModel, queue: string, row: QueueRow): Promise<string> {
  return useChannel(connection, async (channel) => {
    await channel.assertQueue(name, { exclusive: true, durable: false });
    for (const { exchange, key } of queues[row].bindings) {
      // Under its own name too: what answers an earlier question knows no other.
      for (const own of key === '' ? [''] : new Set([queue, name])) {
        await channel.bindQueue(name, exchange, own);
      }
    }
    return name;
  });
}

/** The same names, beginning somewhere in the middle: those who start together do not all ask for the first. */
function fromAnywhere(names: readonly string[]): readonly string[] {
  const start = Math.floor(Math.random() * names.length);
  return [...names.slice(start), ...names.slice(0, start)];
}
