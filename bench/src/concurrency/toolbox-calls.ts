import { Executor } from '@heddle/client';
import type { BenchSession } from '../harness/benchmark.ts';

/** Futures, as a TypeScript program uses them. */
export class ToolboxCalls {
  readonly #executor: Executor;
  readonly #task: string;

  private constructor(executor: Executor, task: string) {
    this.#executor = executor;
    this.#task = task;
  }

  static async open(session: BenchSession, task: string): Promise<ToolboxCalls> {
    const executor = await Executor.connect({ url: session.amqpUrl });
    session.cleanUp.add('shut an executor down', () => executor.shutdown());
    return new ToolboxCalls(executor, task);
  }

  async call(input: number, task = this.#task): Promise<void> {
    await this.#executor.submit(task, input).result();
  }

  callBack(input: number): Promise<void> {
    return new Promise((resolve) => {
      this.#executor.submit(this.#task, input).addDoneCallback(() => resolve());
    });
  }

  async map(inputs: number, chunkSize: number): Promise<void> {
    const list = Array.from({ length: inputs }, (_, n) => n);
    let next = 0;
    for await (const result of this.#executor.map(this.#task, list, { chunkSize })) {
      if (result !== next++) throw new Error(`expected ${next - 1}, got ${String(result)}`);
    }
  }
}
