import type { JobInfo, TaskContext, TaskLog } from '@heddle/client';
import type { BatchResult } from '@heddle/contracts';

export type LogLevel = keyof TaskLog;

/** What stands behind a handler's context: the run itself on the event loop, a line to it elsewhere. */
export interface HandlerHost {
  readonly input: unknown;
  /** The input is an array of inputs, each the handler's. */
  readonly isChunk: boolean;
  readonly bytes: Buffer;
  readonly bytesType: string;
  readonly jobInfo: JobInfo;
  readonly signal: AbortSignal;
  progress(fraction: number, note?: string): void;
  output(name: string, type: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void>;
  /** Results of the batch that this job reduces, from place `first` on; none: there are no more. */
  batchPage(first: number): Promise<readonly BatchResult[]>;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/**
 * The context that a handler sees. Everything is a getter, so that a job pays only for what its handler uses, and so
 * that `({ input, progress }) => …` works.
 */
export class HandlerContext implements TaskContext {
  readonly #host: HandlerHost;

  constructor(host: HandlerHost) {
    this.#host = host;
  }

  get input(): unknown {
    return this.#host.input;
  }

  get bytes(): Buffer {
    return this.#host.bytes;
  }

  get bytesType(): string {
    return this.#host.bytesType;
  }

  get job(): JobInfo {
    return this.#host.jobInfo;
  }

  get signal(): AbortSignal {
    return this.#host.signal;
  }

  get progress(): TaskContext['progress'] {
    return (fraction, note) => this.#host.progress(fraction, note);
  }

  get output(): TaskContext['output'] {
    return (name, type, bytes, meta) => this.#host.output(name, type, bytes, meta);
  }

  get batchResults(): TaskContext['batchResults'] {
    return () => this.#readBatch();
  }

  async *#readBatch(): AsyncGenerator<BatchResult> {
    for (let first = 0; ; ) {
      const page = await this.#host.batchPage(first);
      const last = page.at(-1);
      if (!last) return;
      yield* page;
      first = last.index + 1;
    }
  }

  get log(): TaskLog {
    const at =
      (level: LogLevel): TaskLog[LogLevel] =>
      (message, fields) =>
        this.#host.log(level, message, fields);
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}
