import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePorts } from '../../scripts/broker/find-free-port.mjs';
import { findPrometheus } from '../../scripts/prometheus/find-prometheus.mjs';

export interface PrometheusOptions {
  /** Ports on 127.0.0.1 that serve `/metrics`. */
  readonly targets: readonly number[];
  readonly scrapeSeconds: number;
}

/** One line of an answer: its labels, and value after value as `[seconds, text]`. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

const STARTUP_MS = 60_000;
const rules = fileURLToPath(new URL('../../prometheus/alerts.yaml', import.meta.url));

/** A real Prometheus that scrapes services of this machine and knows our alerts. */
export class TestPrometheus {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #url: string;
  readonly #exited: Promise<unknown>;
  readonly #onExit: () => void;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.#url = url;
    this.#exited = new Promise((resolve) => child.once('exit', resolve));
    // It must not outlive a run that is cut short.
    this.#onExit = () => child.kill('SIGKILL');
    process.once('exit', this.#onExit);
  }

  static async start({ targets, scrapeSeconds }: PrometheusOptions): Promise<TestPrometheus> {
    const { prometheus } = await findPrometheus();
    const folder = await mkdtemp(join(tmpdir(), 'heddle-prometheus-'));
    const config = join(folder, 'prometheus.yaml');
    const scrape = {
      job_name: 'heddle',
      honor_labels: true,
      static_configs: [
        { targets: targets.map((port) => `127.0.0.1:${port}`), labels: { namespace: 'test' } },
      ],
    };
    const global = { scrape_interval: `${scrapeSeconds}s`, evaluation_interval: '1s' };
    // JSON is YAML.
    await writeFile(config, JSON.stringify({ global, rule_files: [rules], scrape_configs: [scrape] }));
    const [port] = await findFreePorts(1);
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ];
    const child = spawn(prometheus, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const started = new TestPrometheus(child, folder, `http://127.0.0.1:${port}`);
    try {
      await started.#untilReady();
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** What a query gives now, or gave at that time (milliseconds since the epoch). Rejects with Prometheus' words if it is none. */
  query(expr: string, at?: number): Promise<Series[]> {
    return this.#ask('query', { query: expr, ...(at !== undefined && { time: String(at / 1_000) }) });
  }

  /** What it gives from one time to another (milliseconds since the epoch), every so many seconds. */
  queryRange(expr: string, from: number, to: number, stepSeconds: number): Promise<Series[]> {
    const range = { start: String(from / 1_000), end: String(to / 1_000), step: String(stepSeconds) };
    return this.#ask('query_range', { query: expr, ...range });
  }

  /** Names and troubles of the alerts that it has loaded. */
  async rules(): Promise<{ name: string; health: string; lastError?: string }[]> {
    const { data } = (await this.#get('/api/v1/rules')) as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    return data.groups.flatMap((group) => group.rules);
  }

  async stop(): Promise<void> {
    process.off('exit', this.#onExit);
    this.#child.kill('SIGTERM');
    await this.#exited;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ask(what: 'query' | 'query_range', form: Record<string, string>): Promise<Series[]> {
    const response = await fetch(`${this.#url}/api/v1/${what}`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    const answer = (await response.json()) as {
      status: string;
      error?: string;
      data?: { result: Series[] };
    };
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${form['query']}`);
    return answer.data?.result ?? [];
  }

  async #get(path: string): Promise<unknown> {
    return (await fetch(this.#url + path)).json();
  }

  async #untilReady(): Promise<void> {
    const deadline = Date.now() + STARTUP_MS;
    for (;;) {
      const ready = await fetch(`${this.#url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return;
      if (this.#child.exitCode !== null) throw new Error(`Prometheus ended with ${this.#child.exitCode}`);
      if (Date.now() > deadline) throw new Error('Prometheus did not start');
      await pause(50);
    }
  }
}
