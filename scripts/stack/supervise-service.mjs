import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseLogLine } from './print-log.mjs';

const FIRST_BACK_OFF_MS = 500;
const LONGEST_BACK_OFF_MS = 30_000;
/** Up for this long, the next crash begins at the first back-off again. */
const STABLE_MS = 60_000;
/** sysexits.h: bad settings. Another try would read the same ones. */
const EXIT_BAD_SETTINGS = 78;

/**
 * One service's process: started, started again with back-off when it crashes, drained.
 *
 * Events go to `observer`: `onStarted(line, ms)`, `onLog(line)`, `onCrashed(reason, backOffMs)`, `onBadSettings()`.
 */
export class SupervisedService {
  #main;
  #env;
  #observer;
  #child;
  #backOffMs = FIRST_BACK_OFF_MS;
  #stopping = new AbortController();
  #settleStart;
  #life;

  /** Whether the present process has said that it is up; before that, SIGTERM may find it without a handler. */
  #isUp = false;

  /** `env`: asked before every start. */
  constructor({ main, env, observer }) {
    this.#main = main;
    this.#env = env;
    this.#observer = observer;
  }

  /** Resolves with the line that the service wrote when it was first up; with undefined if it is stopped before. */
  start() {
    return new Promise((resolve) => {
      this.#settleStart = resolve;
      this.#life = this.#live();
    });
  }

  get pid() {
    return this.#child?.pid;
  }

  /** SIGTERM; resolves with whether it ended in good order. */
  async stop() {
    this.#stopping.abort();
    this.#child?.kill('SIGTERM');
    return (await this.#life) ?? true;
  }

  /** SIGKILL. */
  kill() {
    this.#stopping.abort();
    this.#child?.kill('SIGKILL');
  }

  async #live() {
    for (;;) {
      const { code, signal, upMs } = await this.#runOnce();
      this.#child = undefined;
      if (this.#stopping.signal.aborted) {
        this.#settleStart(undefined);
        return code === 0 || (signal === 'SIGTERM' && !this.#isUp);
      }
      if (code === EXIT_BAD_SETTINGS) {
        this.#observer.onBadSettings();
        this.#settleStart(undefined);
        return true;
      }
      if (upMs >= STABLE_MS) this.#backOffMs = FIRST_BACK_OFF_MS;
      this.#observer.onCrashed(signal ?? `code ${code}`, this.#backOffMs);
      await pause(this.#backOffMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      this.#backOffMs = Math.min(this.#backOffMs * 2, LONGEST_BACK_OFF_MS);
      if (this.#stopping.signal.aborted) {
        this.#settleStart(undefined);
        return true;
      }
    }
  }

  async #runOnce() {
    let env;
    try {
      env = await this.#env();
    } catch (error) {
      return { signal: error.message, upMs: 0 };
    }
    if (this.#stopping.signal.aborted) return { code: 0, upMs: 0 };
    const began = performance.now();
    const child = spawn(process.execPath, [this.#main], {
      env,
      // The IPC channel tells the service should this process be killed. A group of its own keeps Ctrl-C from it: we drain in order.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.#child = child;
    this.#isUp = false;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (text) => this.#onLine(parseLogLine(text), began));
    }
    return new Promise((resolve) => {
      const ended = (code, signal) => resolve({ code, signal, upMs: performance.now() - began });
      child.once('error', (error) => ended(undefined, error.message));
      child.once('close', ended);
    });
  }

  #onLine(line, began) {
    if (line.msg !== 'started') return this.#observer.onLog(line);
    this.#isUp = true;
    this.#observer.onStarted(line, performance.now() - began);
    this.#settleStart(line);
  }
}
