import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { BrokerLog } from '@heddle/broker';
import { HEAP_GROWTH } from '@heddle/service';
import type { JobRun } from '../jobs/job-run.ts';
import { dead, failed, type Outcome } from '../jobs/outcome.ts';
import { BYTE_PIPE } from './byte-pipe.ts';
import { GRACE_MS } from './pool.ts';
import { relay } from './relay-run.ts';
import type { FromHandler, RunRequest, ToProcess } from './run-protocol.ts';
import { OUT_OF_MEMORY } from './watch-process.ts';

const ENTRY = fileURLToPath(new URL('./pool-process.worker.js', import.meta.url));
/** How long to wait for the last words of a process that has ended. */
const LAST_WORDS_MS = 250;

/** One child process of a pool: runs one handler at a time. */
export class PoolProcess {
  readonly #child: ChildProcess;
  readonly #bytes: Writable;
  readonly #task: string;
  readonly #log: BrokerLog;
  readonly ended: Promise<void>;
  /** Jobs that it was given. */
  jobs = 0;
  alive = true;
  #lastWords = '';
  #current: { readonly run: JobRun; readonly resolve: (outcome: Outcome) => void } | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  /** Throws when the system has no process to give. */
  constructor(task: string, memoryBytes: number, log: BrokerLog) {
    this.#task = task;
    this.#log = log;
    this.#child = fork(ENTRY, [String(memoryBytes)], {
      execArgv: [...process.execArgv, HEAP_GROWTH],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    });
    // What went wrong is told by the process's end, or here if it has not even begun.
    this.#child.on('error', (error) => log.error({ err: error, task }, 'a pool process is in trouble'));
    if (this.#child.pid === undefined) throw new Error('no process could be started');
    this.#bytes = this.#child.stdio[BYTE_PIPE] as Writable;
    this.#bytes.on('error', () => undefined); // As with messages.
    this.#child.on('message', (message: FromHandler) => this.#onMessage(message));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#onLine(line));
    }
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        resolve();
        this.#onEnd(code, signal);
      };
      this.#child.once('close', end);
      this.#child.once('exit', (code, signal) => {
        this.alive = false;
        setTimeout(end, LAST_WORDS_MS, code, signal);
      });
    });
  }

  /** The system's number of it, while it lives. */
  get id(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }

  /** Never rejects. A process that ends takes only this job with it. */
  run(run: JobRun, request: RunRequest): Promise<Outcome> {
    this.jobs += 1;
    return new Promise((resolve) => {
      this.#current = { run, resolve };
      run.onStop = (reason) => {
        this.#send({ kind: 'stop', reason });
        const graceMs = GRACE_MS[reason];
        if (Number.isFinite(graceMs)) this.#killTimer ??= setTimeout(() => this.kill(), graceMs);
      };
      const { bytes, ...rest } = request;
      if (this.#send({ ...rest, bytes: bytes.byteLength })) this.#bytes.write(bytes);
    });
  }

  /** Lets it go once it has nothing to do. */
  retire(): void {
    this.alive = false;
    if (this.#child.connected) this.#child.disconnect();
  }

  kill(): void {
    this.alive = false;
    this.#child.kill('SIGKILL');
  }

  /** Whether it could be put into a message at all. */
  #send(message: ToProcess): boolean {
    try {
      // A failure to write means that the process is ending, which `#onEnd` hears of.
      this.#child.send(message, undefined, undefined, () => undefined);
      return true;
    } catch (error) {
      this.#finish(failed(error)); // The input cannot be cloned.
      return false;
    }
  }

  #onMessage(message: FromHandler): void {
    const current = this.#current;
    if (!current) return;
    const outcome = relay(current.run, message, (page) => {
      // The next job must not get it.
      if (this.#current === current) this.#send(page);
    });
    if (outcome) this.#finish(outcome);
  }

  #onLine(line: string): void {
    this.#lastWords = `${this.#lastWords}\n${line}`.slice(-2_000);
    if (line.trim() === '' || line.startsWith(OUT_OF_MEMORY)) return;
    this.#log.info({ task: this.#task, process: this.#child.pid, line }, 'a pool process printed');
  }

  #onEnd(code: number | null, signal: NodeJS.Signals | null): void {
    this.alive = false;
    if (!this.#current) return;
    this.#finish(describeEnd(signal ? `by ${signal}` : `with code ${code}`, this.#lastWords.split('\n')));
  }

  #finish(outcome: Outcome): void {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    clearTimeout(this.#killTimer);
    this.#killTimer = undefined;
    current.resolve(outcome);
  }
}

/** What a process that has ended says of it, by its last lines on standard output and error. */
function describeEnd(how: string, lines: readonly string[]): Outcome {
  const ours = lines.find((line) => line.startsWith(OUT_OF_MEMORY));
  if (ours !== undefined) {
    return dead(
      'out_of_memory',
      `the process used more memory than it may: ${ours.slice(OUT_OF_MEMORY.length + 1)}`,
    );
  }
  if (lines.some((line) => line.includes('heap out of memory'))) {
    return dead('out_of_memory', 'the process used more memory than its JavaScript heap has');
  }
  const error = lines.findLast((line) => /^\w*Error\b/.test(line));
  return dead(
    'crashed',
    `the process ended ${how} while it ran the job${error === undefined ? '' : `: ${error}`}`,
  );
}
