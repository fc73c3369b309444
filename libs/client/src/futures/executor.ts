import { randomUUID } from 'node:crypto';
import { type Broker, type BrokerLog, connectBroker, silentLog, type TlsFiles } from '@heddle/broker';
import { CancelledError, HeddleError, RuntimeError, ValueError } from '@heddle/contracts';
import type { Task } from '../define-task.ts';
import { newJobId } from '../job-id.ts';
import { RecorderClient } from '../recorder-client.ts';
import { JobSubmitter, type NewJob } from '../submit-job.ts';
import { cancelAll } from './cancel-all.ts';
import { ResultFollower } from './follow-results.ts';
import { FollowedJob } from './followed-job.ts';
import { Future, type FutureHost } from './future.ts';
import { type MapOptions, MappedInputs } from './map-inputs.ts';
import { SendGate } from './send-gate.ts';
import { type FutureOptions, readOptions } from './submit-options.ts';

/** What is to be run: a task, whose types then hold, or a task's name. */
export type Runnable<O, In> = Pick<Task<unknown, O, In>, 'name' | 'input' | 'run'> | string;

export interface ExecutorOptions {
  /** `amqp://` or `amqps://`, with user, password and vhost. */
  readonly url: string;
  /** For `amqps://`: PEM files of the broker's authority, and of a certificate of one's own. Default: what Node.js trusts. */
  readonly tls?: TlsFiles | undefined;
  /**
   * Up to 100 letters, digits, `.`, `_` or `-`. A process that comes back under the same name gets the results of the jobs
   * that it submitted before sent to it; without a name it asks for them, so that they come a little later.
   */
  readonly name?: string | undefined;
  /** Where the library's own remarks go; a pino logger fits. Default: nowhere. */
  readonly log?: BrokerLog | undefined;
}

const NAME = /^[\w.-]{1,100}$/;

/**
 * Runs tasks on the workers and gives futures of their results: `concurrent.futures.Executor`, where the pool is every
 * machine that serves the task.
 *
 * ```ts
 * await using executor = await Executor.connect({ url: 'amqp://localhost' });
 * const future = executor.submit(add, { a: 1, b: 2 });
 * console.log(await future.result('10s'));
 * ```
 */
export class Executor {
  readonly #broker: Broker;
  readonly #ownsBroker: boolean;
  readonly #submitter: JobSubmitter;
  readonly #recorder: RecorderClient;
  readonly #follower: ResultFollower;
  readonly #gate = new SendGate();
  readonly #host: FutureHost;
  #closing: Promise<void> | undefined;

  /** Connects, retrying until the broker is there. */
  static async connect({ url, tls, name, log = silentLog }: ExecutorOptions): Promise<Executor> {
    if (name !== undefined && !NAME.test(name)) {
      throw new ValueError(`name: expected 1 to 100 letters, digits, ".", "_" or "-", got "${name}"`);
    }
    const instance = name === undefined ? `executor-${randomUUID()}` : `executor-${name}`;
    const broker = await connectBroker({ url, tls, service: 'client', instance, log });
    return new Executor(broker, log, true);
  }

  /** On a broker of one's own, which a shutdown leaves open. */
  constructor(broker: Broker, log: BrokerLog = silentLog, ownsBroker = false) {
    this.#broker = broker;
    this.#ownsBroker = ownsBroker;
    this.#submitter = new JobSubmitter(broker);
    this.#recorder = new RecorderClient(broker);
    this.#follower = new ResultFollower(broker, this.#recorder, log);
    this.#host = { cancel: (job, running) => this.#cancel(job, running) };
  }

  /**
   * Submits a job and gives its future at once. What is wrong with the submitting (no such task, no broker) is the
   * future's exception, and what `accepted` rejects with. Throws `ValueError` for bad options, `RuntimeError` after a
   * shutdown, and a `HeddleError` with code `overloaded` when 100,000 submits wait to be sent already.
   */
  submit<O, In>(task: Runnable<O, In>, input: NoInfer<In>, options: FutureOptions = {}): Future<O> {
    return this.#submit<O>({ ...readOptions(options), task: nameOf(task), input });
  }

  /**
   * Submits a job for each input, or for each `chunkSize` of them, and gives the results in the order of the inputs; see
   * `MappedInputs`. A chunk is one job: its timeout and its retries are the whole chunk's, and the first input that
   * fails fails it.
   */
  map<O, In>(
    task: Runnable<O, In>,
    inputs: Iterable<NoInfer<In>> | AsyncIterable<NoInfer<In>>,
    { chunkSize, timeout, lookAhead, ...options }: MapOptions & Omit<FutureOptions, 'timeout' | 'bytes'> = {},
  ): MappedInputs<In, O> {
    this.#checkOpen();
    const job = { ...readOptions(options), task: nameOf(task) };
    const whole = chunkSize !== undefined && chunkSize > 1;
    return new MappedInputs<In, O>({
      inputs,
      options: { chunkSize, timeout, lookAhead },
      submit: (chunk) =>
        whole
          ? this.#submit<readonly O[]>({ ...job, input: chunk, chunk: true })
          : this.#submit<readonly O[]>({ ...job, input: chunk[0] }, (result) => [result]),
    });
  }

  /**
   * The future of a job that was submitted before, by whomever. It fails with `job_not_found` if there is no such job.
   * `task`: for the types.
   */
  future<O = unknown, In = unknown>(id: string, task?: Runnable<O, In>): Future<O> {
    this.#checkOpen();
    const known = this.#follower.pending.get(id);
    const job = known ?? new FollowedJob(id, task === undefined ? '' : nameOf(task));
    if (!known) this.#follower.follow(job);
    // First the queue of replies: a worker that was told its name before finds us, and what came too soon is asked for.
    const listening = this.#follower.address().then(() => this.#follower.askFor(job));
    return new Future<O>(job, this.#host, listening);
  }

  /**
   * Takes no more jobs. `wait` (default): resolves when all futures have ended, and the connection is closed; else the
   * call returns at once, and that happens later. `cancelFutures`: those whose jobs have not begun are cancelled first.
   */
  async shutdown({
    wait = true,
    cancelFutures = false,
  }: {
    wait?: boolean;
    cancelFutures?: boolean;
  } = {}): Promise<void> {
    const again = this.#closing !== undefined && cancelFutures;
    const cancelled = again ? this.#cancelAll(this.#follower.pending.values()) : undefined;
    this.#closing ??= this.#close(cancelFutures);
    if (wait) await Promise.all([this.#closing, cancelled]);
    else this.#closing.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  #checkOpen(): void {
    if (this.#closing) throw new RuntimeError('cannot schedule new futures after shutdown');
  }

  #submit<O>(newJob: NewJob, read?: (result: unknown) => unknown): Future<O> {
    this.#checkOpen();
    const job = new FollowedJob(newJob.id ?? newJobId(), newJob.task, read);
    job.submitting = 'waiting';
    const sent = this.#gate.pass(() => this.#send(job, newJob));
    this.#follower.follow(job);
    const accepted = sent.catch((error: unknown) => {
      job.end({ how: 'failed', error: error as Error });
      throw error;
    });
    return new Future<O>(job, this.#host, accepted);
  }

  async #send(job: FollowedJob, newJob: NewJob): Promise<void> {
    throwIfCancelled(job);
    try {
      const replyTo = await this.#follower.address();
      throwIfCancelled(job);
      const sending = this.#submitter.submit({
        ...newJob,
        id: job.id,
        replyTo,
        correlationId: job.id,
        follow: true,
      });
      job.submitting = sending;
      await sending;
    } finally {
      job.submitting = undefined;
    }
    this.#follower.submitted(job);
  }

  async #cancel(job: FollowedJob, running: boolean): Promise<boolean> {
    if (job.ending) return job.ending.how === 'cancelled';
    if (job.running && !running) return false;
    if (job.submitting === 'waiting') {
      job.end({ how: 'cancelled', error: new CancelledError(`job ${job.id}: cancelled before it was sent`) });
      return true;
    }
    // Before that the recorder need not know of it.
    await job.submitting?.catch(() => {});
    try {
      const { state } = await this.#recorder.ask({ op: 'cancel', id: job.id, unlessRunning: !running });
      if (state === 'cancelled') job.hear({ job: job.id, state });
      else if (!running) return false;
    } catch (error) {
      // It has ended, and the news is on its way.
      if (!(error instanceof HeddleError) || error.code !== 'not_cancellable') throw error;
      if (!running) return false;
    }
    await new Promise<void>((resolve) => void job.onEnd(resolve));
    return job.ending !== undefined && (job.ending as { how: string }).how === 'cancelled';
  }

  async #close(cancelFutures: boolean): Promise<void> {
    const pending = [...this.#follower.pending.values()];
    if (cancelFutures) await this.#cancelAll(pending);
    await Promise.all(pending.map((job) => new Promise<void>((resolve) => void job.onEnd(resolve))));
    this.#follower.close();
    if (this.#ownsBroker) await this.#broker.close();
  }

  async #cancelAll(jobs: Iterable<FollowedJob>): Promise<void> {
    await cancelAll(jobs, (job) => this.#cancel(job, false));
  }
}

/** Cancelled while it waited to be sent. */
function throwIfCancelled({ ending }: FollowedJob): void {
  if (ending && ending.how !== 'succeeded') throw ending.error;
}

function nameOf<O, In>(task: Runnable<O, In>): string {
  return typeof task === 'string' ? task : task.name;
}
