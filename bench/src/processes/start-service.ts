import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BenchSession } from '../harness/benchmark.ts';

export type ServiceName = 'gateway' | 'producer' | 'consumer' | 'recorder' | 'notifier';

/** A built service in a process of its own, as in production. */
export interface ServiceProcess {
  readonly name: ServiceName;
  readonly pid: number;
  /** Where the gateway listens; empty for the others. */
  readonly url: string;
  /** Port on 127.0.0.1 that serves its metrics. */
  readonly ops: number;
  /** SIGTERM; resolves when it has ended. Rejects when it had crashed before. */
  stop(): Promise<void>;
}

interface StartedLine {
  readonly ops: number;
  readonly url?: string;
}

const START_MS = 30_000;
const root = new URL('../../../', import.meta.url);

/** Starts a built service on free ports and with the session's data folder; it is stopped at the end if nobody does so earlier. */
export async function startService(
  session: BenchSession,
  name: ServiceName,
  env: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL(`services/${name}/dist/main.js`, root));
  if (!existsSync(main)) throw new Error(`expected the built service ${main}: run "npx tsc -b" first`);
  const child = spawn(process.execPath, [...profilerFlags(), main], {
    env: {
      ...process.env,
      AMQP_URL: session.amqpUrl,
      HEDDLE_DATA: session.dataFolder,
      HEDDLE_HTTP_PORT: '0',
      HEDDLE_OPS_PORT: '0',
      LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopChild(name, child, ended));
  session.cleanUp.add(`stop ${name}`, stop);
  const started = await startedLine(name, child, ended);
  return { name, pid: child.pid ?? 0, url: started.url ?? '', ops: started.ops, stop };
}

async function stopChild(name: string, child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  const wasRunning = child.exitCode === null && child.signalCode === null;
  child.kill('SIGTERM');
  const code = await ended;
  if (!wasRunning) throw new Error(`${name} had ended before it was asked to, with code ${code}`);
}

/** With BENCH_PROFILE=folder the services write CPU profiles there when they stop. */
function profilerFlags(): string[] {
  const folder = process.env['BENCH_PROFILE'];
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
}

/** Resolves with the line `"started"` of the service's log. The rest of the log is read and dropped. */
function startedLine(name: string, child: ChildProcess, ended: Promise<number | null>): Promise<StartedLine> {
  const recent: string[] = [];
  const keep = (line: string): void => {
    recent.push(line);
    if (recent.length > 20) recent.shift();
  };
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${name} ${why}\n${recent.join('\n')}`));
    const timer = setTimeout(() => fail(`did not start within ${START_MS} ms`), START_MS);
    void ended.then((code) => {
      clearTimeout(timer);
      fail(`ended with ${code} before it had started`);
    });
    if (!child.stdout || !child.stderr) return fail('has no standard output');
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      keep(line);
      if (!line.includes('"msg":"started"')) return;
      clearTimeout(timer);
      resolve(JSON.parse(line) as StartedLine);
      lines.close();
      child.stdout?.resume();
    });
    createInterface({ input: child.stderr }).on('line', keep);
  });
}
