import {
  commit,
  type JobInfo,
  parseState,
  type SerialContext,
  type TaskContext,
  type TaskLog,
  waitForChange,
} from '@heddle/client';
import type { BatchResult } from '@heddle/contracts';

export type LogLevel = keyof TaskLog;

/** The key of a run, and the state that it sees: its own copy. */
export interface KeyedInput {
  readonly key: string;
  readonly state: unknown;
}

/** What stands behind a handler's context: the run itself on the event loop, a line to it elsewhere. */
export interface HandlerHost {
  readonly input: unknown;
  /** The input is an array of inputs, each the handler's. */
  readonly isChunk: boolean;
  readonly bytes: Buffer;
  readonly bytesType: string;
  readonly jobInfo: JobInfo;
  readonly signal: AbortSignal;
  /** Of a task with serial keys. */
  readonly keyed: KeyedInput | undefined;
  progress(fraction: number, note?: string): void;
  output(name: string, type: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void>;
  /** Results of the batch that this job reduces, from place `first` on; none: there are no more. */
  batchPage(first: number): Promise<readonly BatchResult[]>;
  /** As it is kept; undefined: the key has none. */
  readState(state: string, key: string): Promise<unknown>;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/**
 * The context that a handler sees. Everything is a getter, so that a job pays only for what its handler uses, and so
 * that `({ input, progress }) => …` works.
 */
export class HandlerContext implements SerialContext {
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

  get key(): string {
    return this.#host.keyed?.key ?? '';
  }

  get state(): unknown {
    return this.#host.keyed?.state;
  }

  get commit(): SerialContext['commit'] {
    return ((state: unknown, result: unknown) => commit(state, result)) as SerialContext['commit'];
  }

  get waitForChange(): SerialContext['waitForChange'] {
    return waitForChange;
  }

  get progress(): TaskContext['progress'] {
    return (fraction, note) => this.#host.progress(fraction, note);
  }

  get output(): TaskContext['output'] {
    return (name, type, bytes, meta) => this.#host.output(name, type, bytes, meta);
  }

  get readState(): TaskContext['readState'] {
    return async (state, key) => parseState(state, await this.#host.readState(state.name, key));
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
