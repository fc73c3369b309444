import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type ServiceName = 'gateway' | 'producer' | 'consumer' | 'recorder' | 'notifier';

/** A built service running as a process of its own, as it does in production. */
export interface ServiceProcess {
  readonly name: ServiceName;
  readonly pid: number;
  /** Ops port on 127.0.0.1. */
  readonly ops: number;
  /** Only the gateway has one. */
  readonly url: string | undefined;
  /** Every line that it logged so far, parsed. */
  readonly log: readonly LogLine[];
  /** Resolves with the first line with this message, at once if it is there; rejects if the service ends before. */
  logged(msg: string): Promise<LogLine>;
  /** Resolves with the exit code when it has ended; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, as a power cut would. */
  kill(): Promise<void>;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Many start at once while tests run; one that hangs is told from one that is slow by this alone. */
const STARTUP_MS = 90_000;
const root = new URL('../../', import.meta.url);

/** Starts a built service with these settings on free ports; resolves once it says `until` in its log. */
export async function startService(
  name: ServiceName,
  env: Record<string, string>,
  until: 'connecting to the broker' | 'started' = 'started',
  /** The folder of the repository, or of another version of it. */
  version: URL = root,
): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL(`services/${name}/dist/main.js`, version));
  // The IPC channel ends the service should the test's own process be killed.
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      HEDDLE_OPS_PORT: '0',
      HEDDLE_HTTP_PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log: LogLine[] = [];
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  // What it said last may be read after its end has been heard of.
  const silent = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const logging = new EventEmitter();
  readLog(child, (line) => {
    log.push(line);
    logging.emit('line', line);
  });
  const logged = (msg: string) =>
    new Promise<LogLine>((resolve, reject) => {
      const known = log.find((line) => line.msg === msg);
      if (known) return resolve(known);
      logging.on('line', (line: LogLine) => line.msg === msg && resolve(line));
      void silent.then((code) =>
        reject(new Error(`${name} ended with ${code} before it said "${msg}"\n${tail(log, errors)}`)),
      );
    });
  const tooLate = setTimeout(() => {
    errors.push(`killed: it did not start within ${STARTUP_MS} ms`);
    child.kill('SIGKILL');
  }, STARTUP_MS);
  const started = await logged(until).finally(() => clearTimeout(tooLate));
  return {
    name,
    pid: child.pid ?? 0,
    ops: started['ops'] as number,
    url: started['url'] as string | undefined,
    log,
    logged,
    exited,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function readLog(child: ChildProcess, onLine: (line: LogLine) => void): void {
  if (!child.stdout) throw new Error('the service has no standard output');
  createInterface({ input: child.stdout }).on('line', (text) => {
    try {
      onLine(JSON.parse(text) as LogLine);
    } catch {
      onLine({ level: 30, msg: text });
    }
  });
}

function tail(log: readonly LogLine[], errors: readonly string[]): string {
  return [...log.slice(-10).map((line) => JSON.stringify(line)), ...errors.slice(-10)].join('\n');
}
