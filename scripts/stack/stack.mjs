import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../setup/bootstrap.mjs';
import { findBroker } from '../setup/find-broker.mjs';
import { describeDuration } from '../setup/report-step.mjs';
import { assignHttpPort, assignOpsPorts } from './assign-ports.mjs';
import { RepeatHolder } from './hold-repeats.mjs';
import { keepBrokerUp } from './keep-broker-up.mjs';
import { listServices, readConsumers } from './list-services.mjs';
import { preloadJemalloc } from './preload-jemalloc.mjs';
import { describeLogLine, ERROR, WARN } from './print-log.mjs';
import { SupervisedService } from './supervise-service.mjs';

const DEFAULT_DRAIN_SECONDS = 30;
/** Of the drain time, what is kept for the recorder's last commits and for the broker. */
const LAST_STEPS_SECONDS = 4;

/** Where a running stack of this folder says how to reach it. */
export function stackFile(env = process.env) {
  return join(resolve(root, env.HEDDLE_DATA || '.heddle'), 'stack.json');
}

/** Broker and services of one machine. `start` once, then `drain` once; `kill` at any time. */
export class Stack {
  #print;
  #onBadSettings;
  #quiet;
  #env;
  /** Promise of the broker: a stop may come before it is up. */
  #finding;
  #services = [];
  #stopping = false;

  /**
   * @param {{print: (line: string) => void, onBadSettings?: () => void, quiet?: boolean, env?: NodeJS.ProcessEnv}} options
   *   `quiet`: says nothing of services that start as they should
   */
  constructor({ print, onBadSettings = () => {}, quiet = false, env = process.env }) {
    this.#quiet = quiet;
    this.#print = print;
    this.#onBadSettings = onBadSettings;
    this.#env = env;
  }

  /** Resolves with the gateway's URL once all services are up; with undefined if the stack is stopped before. */
  async start() {
    const env = this.#env;
    const host = env.HEDDLE_HTTP_HOST || '127.0.0.1';
    const data = resolve(root, env.HEDDLE_DATA || '.heddle');
    const list = listServices(readConsumers(env.HEDDLE_CONSUMERS));
    const http = await assignHttpPort(env.HEDDLE_HTTP_PORT, host);
    const ops = await assignOpsPorts(list, env.HEDDLE_OPS_PORT);
    mkdirSync(data, { recursive: true });

    const find = (onDied) => findBroker({ folder: join(data, 'broker'), onDied });
    this.#finding = keepBrokerUp(find, this.#print);
    const broker = await this.#finding;
    if (this.#stopping) return undefined;
    for (const note of [...http.notes, ...ops.notes]) this.#print(note);

    this.#services = list.map((entry, index) => {
      const ports = { HEDDLE_HTTP_PORT: String(http.port), HEDDLE_OPS_PORT: String(ops.ports[index]) };
      return this.#supervise(entry, { ...env, ...ports, HEDDLE_DATA: data, AMQP_URL: broker.url });
    });
    const lines = await Promise.all(this.#services.map(({ process }) => process.start()));
    const url = lines[list.findIndex(({ service }) => service === 'gateway')]?.url;
    if (this.#stopping || !url) return undefined;
    writeFileSync(stackFile(env), JSON.stringify({ url, pid: process.pid }));
    return url;
  }

  /**
   * Stops the services in the order of their work, then the broker. What is not done within `HEDDLE_DRAIN_SECONDS` is killed:
   * its jobs go back to their queues. Resolves with whether everything ended in good order.
   */
  async drain() {
    this.#stopping = true;
    const tooLate = setTimeout(() => {
      this.#print(`not drained within ${this.#drainSeconds} s: ending what is left`);
      this.kill();
    }, this.#drainSeconds * 1_000);
    let inOrder = true;
    for (const stage of new Set(this.#services.map(({ drainsIn }) => drainsIn))) {
      const services = this.#services.filter(({ drainsIn }) => drainsIn === stage);
      const ends = await Promise.all(services.map(({ process }) => process.stop()));
      inOrder &&= ends.every(Boolean);
    }
    clearTimeout(tooLate);
    const broker = await this.#finding?.catch(() => undefined);
    await broker?.stop();
    rmSync(stackFile(this.#env), { force: true });
    return inOrder;
  }

  /** Ends the services at once; the broker is left to `drain`. */
  kill() {
    this.#stopping = true;
    for (const { process } of this.#services) process.kill();
  }

  get #drainSeconds() {
    return Number(this.#env.HEDDLE_DRAIN_SECONDS) || DEFAULT_DRAIN_SECONDS;
  }

  /** Who sets `LOG_LEVEL` gets all of that; else what a person should know of, and of a drain only what goes wrong. */
  get #shownFrom() {
    if (this.#env.LOG_LEVEL) return 0;
    return this.#stopping ? ERROR : WARN;
  }

  #supervise({ name, service, drainsIn }, env) {
    const main = join(root, 'services', service, 'dist', 'main.js');
    const drainSeconds = Math.max(1, this.#drainSeconds - LAST_STEPS_SECONDS);
    const process = new SupervisedService({
      main,
      env: {
        ...env,
        HEDDLE_DRAIN_SECONDS: String(drainSeconds),
        ...(service === 'consumer' && preloadJemalloc()),
      },
      observer: this.#observe(name),
    });
    return { process, drainsIn };
  }

  #observe(name) {
    const repeats = new RepeatHolder();
    let starts = 0;
    return {
      onStarted: (line, ms) => {
        starts += 1;
        if (this.#quiet && starts === 1) return;
        const again = starts > 1 ? 'started again' : 'started';
        const where = line.url ? `, ${line.url}` : '';
        this.#print(
          `${name.padEnd(10)} ${again} in ${describeDuration(ms)}${where}, metrics on http://127.0.0.1:${line.ops}/metrics`,
        );
      },
      onLog: (line) => {
        if (line.level < this.#shownFrom) return;
        const text = repeats.take(line.msg, describeLogLine(name, line));
        if (text) this.#print(text);
      },
      onCrashed: (reason, backOffMs) => {
        this.#print(
          `${name.padEnd(10)} ended with ${reason}; starting it again in ${describeDuration(backOffMs)}`,
        );
      },
      onBadSettings: () => {
        this.#print(`${name.padEnd(10)} cannot run with these settings`);
        this.#onBadSettings();
      },
    };
  }
}
