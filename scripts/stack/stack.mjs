import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/bootstrap.mjs';
import { findBroker } from '../setup/find-broker.mjs';
import { keepBrokerUp } from './keep-broker-up.mjs';
import { listServices } from './list-services.mjs';
import { preloadJemalloc } from './preload-jemalloc.mjs';
import { ERROR, WARN } from './print-log.mjs';
import { readStackSettings } from './read-stack-settings.mjs';
import { reportService } from './report-service.mjs';
import { resolvePaths } from './resolve-paths.mjs';
import { StackPorts } from './stack-ports.mjs';
import { SupervisedService } from './supervise-service.mjs';

/** Of the drain time, what is kept for the recorder's last commits and for the broker. */
const LAST_STEPS_SECONDS = 4;

/** Where a running stack says how to reach it. */
export function stackFile(settings) {
  return join(settings.data, 'stack.json');
}

/** Broker and services of one machine. `start` once, then `drain` once; `kill` at any time. */
export class Stack {
  #settings = readStackSettings(process.env, root);
  #print;
  #onBadSettings;
  #quiet;
  /** Promise of the broker: a stop may come before it is up. */
  #finding;
  #services = [];
  #stopping = false;
  #isAnnounced = false;

  /**
   * @param {{print: (line: string) => void, onBadSettings?: () => void, quiet?: boolean}} options
   *   `quiet`: says nothing of services that start as they should
   */
  constructor({ print, onBadSettings = () => {}, quiet = false }) {
    this.#print = print;
    this.#onBadSettings = onBadSettings;
    this.#quiet = quiet;
  }

  /** Resolves with the gateway's URL once all services are up; with undefined if the stack is stopped before. */
  async start() {
    const { data, consumers, httpHost, httpPort, opsPort } = this.#settings;
    const list = listServices(consumers);
    const ports = new StackPorts({ services: list, opsPort, httpPort, host: httpHost, note: this.#print });
    await ports.check();
    if (this.#stopping) return undefined;
    mkdirSync(data, { recursive: true });

    this.#finding = keepBrokerUp(
      (onDied) => findBroker({ folder: join(data, 'broker'), onDied }),
      this.#print,
    );
    const broker = await this.#finding;
    if (this.#stopping) return undefined;

    this.#services = list.map((entry, place) => {
      const own = async () => ({
        AMQP_URL: broker.url,
        HEDDLE_OPS_PORT: String(await ports.opsPort(place)),
        ...(entry.service === 'gateway' && { HEDDLE_HTTP_PORT: String(await ports.httpPort()) }),
      });
      return { ...entry, process: this.#supervise(entry, own) };
    });
    const lines = await Promise.all(this.#services.map((service) => service.process.start()));
    const url = lines[list.findIndex(({ service }) => service === 'gateway')]?.url;
    if (this.#stopping || !url) return undefined;
    ports.keepHttpPort(url);
    writeFileSync(stackFile(this.#settings), JSON.stringify({ url, pid: process.pid }));
    this.#isAnnounced = true;
    return url;
  }

  /**
   * Stops the services in the order of their work, then the broker. What is not done within `HEDDLE_DRAIN_SECONDS` is killed:
   * its jobs go back to their queues. Resolves with whether everything ended in good order.
   */
  async drain() {
    this.#stopping = true;
    const { drainSeconds } = this.#settings;
    const tooLate = setTimeout(() => {
      this.#print(`not drained within ${drainSeconds} s: ending what is left`);
      this.kill();
    }, drainSeconds * 1_000);
    let inOrder = true;
    for (const stage of new Set(this.#services.map(({ drainsIn }) => drainsIn))) {
      const services = this.#services.filter(({ drainsIn }) => drainsIn === stage);
      const ends = await Promise.all(services.map((service) => service.process.stop()));
      inOrder &&= ends.every(Boolean);
    }
    clearTimeout(tooLate);
    const broker = await this.#finding?.catch(() => undefined);
    await broker?.stop();
    if (this.#isAnnounced) rmSync(stackFile(this.#settings), { force: true });
    return inOrder;
  }

  /** Ends the services at once; the broker is left to `drain`. */
  kill() {
    this.#stopping = true;
    for (const service of this.#services) service.process.kill();
  }

  /** Who sets `LOG_LEVEL` gets all of that; else what a person should know of, and of a drain only what goes wrong. */
  #shownFrom() {
    if (process.env.LOG_LEVEL) return 0;
    return this.#stopping ? ERROR : WARN;
  }

  #supervise({ name, service }, own) {
    const { data, drainSeconds } = this.#settings;
    const paths = resolvePaths(process.env);
    const report = reportService(name, {
      print: this.#print,
      quiet: this.#quiet,
      shownFrom: () => this.#shownFrom(),
    });
    return new SupervisedService({
      main: join(root, 'services', service, 'dist', 'main.js'),
      env: async () => ({
        ...process.env,
        ...(await own()),
        HEDDLE_DATA: data,
        HEDDLE_DRAIN_SECONDS: String(Math.max(1, drainSeconds - LAST_STEPS_SECONDS)),
        ...(service === 'producer' && paths.folders),
        ...(service === 'consumer' && { ...paths.tasks, ...preloadJemalloc() }),
      }),
      observer: {
        ...report,
        onBadSettings: () => {
          report.onBadSettings();
          this.#onBadSettings();
        },
      },
    });
  }
}
