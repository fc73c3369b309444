import { createHash } from 'node:crypto';
import type { JobInfo } from '@heddle/client';
import { type BatchResult, HeddleError } from '@heddle/contracts';
import { startTracing, traced } from '@heddle/tracing';
import type { StopReason } from '../jobs/job-run.ts';
import { failed, type Outcome } from '../jobs/outcome.ts';
import { loadTask } from '../registry/load-tasks.ts';
import { callHandler } from './call-handler.ts';
import { OutputCheck } from './check-output.ts';
import type { HandlerHost, KeyedInput, LogLevel } from './handler-context.ts';
import type { Answer, FromHandler, RunRequest } from './run-protocol.ts';

/** Sends a message to the worker's own thread; throws what cannot be cloned. */
export type Send = (message: FromHandler) => Promise<void> | void;

const STOP_MESSAGES: Readonly<Record<StopReason, string>> = {
  timed_out: 'ran longer than its timeout',
  cancelled: 'somebody cancelled it',
  shutting_down: 'the worker is shutting down',
};

/** Short, because a thread or process may be ended once it has nothing to do. */
const EXPORT_DELAY_MS = 100;

/**
 * A run as seen from the thread or process that its handler is in: a line to the worker stands behind its context. Once
 * the handler is done the line is dead, since the next job may be using it.
 */
export class RemoteRun implements HandlerHost {
  readonly #request: RunRequest;
  readonly #send: Send;
  readonly #outputCheck: OutputCheck;
  readonly #abort = new AbortController();
  /** Questions to the worker that wait for their answers, by number. */
  readonly #asked = new Map<number, (said: Answer['said']) => void>();
  #questions = 0;
  #ended = false;

  constructor(request: RunRequest, send: Send) {
    this.#request = request;
    this.#send = send;
    this.#outputCheck = new OutputCheck(request.maxOutputBytes);
  }

  /** Runs the handler and tells how it ended; never rejects. */
  async run(): Promise<void> {
    const outcome = await this.#outcome();
    this.#ended = true;
    try {
      await this.#send({ kind: 'ended', outcome });
    } catch (error) {
      const message = `expected a result that is JSON: ${error instanceof Error ? error.message : String(error)}`;
      await this.#send({ kind: 'ended', outcome: failed(new HeddleError('invalid_output', message)) });
    }
  }

  stop(reason: StopReason): void {
    this.#abort.abort(new HeddleError(reason, STOP_MESSAGES[reason]));
  }

  answer({ question, said }: Answer): void {
    this.#asked.get(question)?.(said);
    this.#asked.delete(question);
  }

  async #outcome(): Promise<Outcome> {
    try {
      const { module, job, traceparent } = this.#request;
      const task = await loadTask(module, job.task);
      if (traceparent === undefined) return { state: 'succeeded', result: await callHandler(task, this) };
      await startTracing({ service: 'heddle-consumer', delayMs: EXPORT_DELAY_MS });
      const span = {
        kind: 'internal' as const,
        parent: traceparent,
        attributes: { 'heddle.task': job.task },
      };
      return {
        state: 'succeeded',
        result: await traced(`run ${job.task}`, span, () => callHandler(task, this)),
      };
    } catch (error) {
      return failed(error);
    }
  }

  get input(): unknown {
    return this.#request.input;
  }

  get isChunk(): boolean {
    return this.#request.isChunk;
  }

  get bytes(): Buffer {
    const { buffer, byteOffset, byteLength } = this.#request.bytes;
    return Buffer.from(buffer, byteOffset, byteLength);
  }

  get bytesType(): string {
    return this.#request.bytesType;
  }

  get keyed(): KeyedInput | undefined {
    return this.#request.keyed;
  }

  get jobInfo(): JobInfo {
    return this.#request.job;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  progress(fraction: number, note?: string): void {
    if (!this.#ended) void this.#send({ kind: 'progress', fraction, note });
  }

  async output(name: string, type: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void> {
    if (this.#ended) throw new HeddleError('invalid_output', `output "${name}": the job has ended already`);
    this.#outputCheck.check(name, type, bytes, meta);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const description = { name, type, bytes: bytes.byteLength, sha256, ...(meta && { meta }) };
    await this.#send({ kind: 'output', description, bytes });
  }

  async batchPage(first: number): Promise<readonly BatchResult[]> {
    return (await this.#ask((question) => ({ kind: 'read-batch', question, first }))) as BatchResult[];
  }

  readState(state: string, key: string): Promise<unknown> {
    return this.#ask((question) => ({ kind: 'read-state', question, state, key }));
  }

  async #ask(put: (question: number) => FromHandler): Promise<unknown> {
    const question = (this.#questions += 1);
    const answered = new Promise<Answer['said']>((resolve) => this.#asked.set(question, resolve));
    await this.#send(put(question));
    const said = await answered;
    if ('error' in said) throw new HeddleError(said.error.code, said.error.message);
    return said.value;
  }

  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void {
    if (!this.#ended) void this.#send({ kind: 'log', level, message, fields });
  }
}
