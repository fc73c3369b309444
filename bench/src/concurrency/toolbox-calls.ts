import { Executor } from '@heddle/client';
import { syncNames } from '@heddle/contracts';
import { Lock, SimpleQueue, SyncSession } from '@heddle/sync';
import type { BenchSession } from '../harness/benchmark.ts';
import { openConnection } from '../queues/open-channel.ts';

const NAME = 'bench';

/** As a TypeScript program uses the toolbox: futures, locks and queues over the broker. */
export class ToolboxCalls {
  readonly #executor: Executor;
  readonly #task: string;
  readonly #lock: Lock;
  readonly #queue: SimpleQueue<number>;

  private constructor(executor: Executor, task: string, session: SyncSession) {
    this.#executor = executor;
    this.#task = task;
    this.#lock = new Lock(session, NAME);
    this.#queue = new SimpleQueue(session, NAME);
  }

  static async open(session: BenchSession, task: string): Promise<ToolboxCalls> {
    session.cleanUp.add('remove the lock and the queue', () => removeObjects(session.amqpUrl));
    const executor = await Executor.connect({ url: session.amqpUrl });
    session.cleanUp.add('shut an executor down', () => executor.shutdown());
    const sync = await SyncSession.connect({ url: session.amqpUrl });
    session.cleanUp.add('close a session', () => sync.close());
    return new ToolboxCalls(executor, task, sync);
  }

  async call(input: number): Promise<void> {
    await this.#executor.submit(this.#task, input).result();
  }

  async map(inputs: number, chunkSize: number): Promise<void> {
    const list = Array.from({ length: inputs }, (_, n) => n);
    let next = 0;
    for await (const result of this.#executor.map(this.#task, list, { chunkSize })) {
      if (result !== next++) throw new Error(`expected ${next - 1}, got ${String(result)}`);
    }
  }

  async lockAndUnlock(): Promise<void> {
    const lease = await this.#lock.acquire();
    await lease?.release();
  }

  async putAndGet(item: number): Promise<void> {
    await this.#queue.put(item);
    await this.#queue.get();
  }
}

async function removeObjects(amqpUrl: string): Promise<void> {
  const connection = await openConnection(amqpUrl);
  const channel = await connection.createChannel();
  const [lock, queue] = [`lock.${NAME}`, `queue.${NAME}`] as const;
  for (const name of [
    syncNames.tokens(lock),
    syncNames.items(queue),
    ...[lock, queue].map(syncNames.seeded),
  ]) {
    await channel.deleteQueue(name);
  }
  await connection.close();
}
