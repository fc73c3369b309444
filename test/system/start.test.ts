import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, type TestContext, vi } from 'vitest';
import { listens } from '../../scripts/broker/probe-port.mjs';
import { isAlive } from '../support/is-alive.ts';
import { patient } from '../support/run-lines.ts';

interface RunningStart {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly lines: string[];
  /** The line that holds this text, once it is printed. */
  line(text: string): Promise<string>;
  /** Its services' and its broker's processes. */
  pids(): number[];
}

/** Runs `npm start` with a data folder of its own until the test is over. */
async function runStart(test: TestContext, settings: object = {}): Promise<RunningStart> {
  return runStartIn(await makeData(test), test, settings);
}

async function makeData({ onTestFinished }: TestContext): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'heddle-start-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  return data;
}

function runStartIn(data: string, { onTestFinished }: TestContext, settings: object = {}): RunningStart {
  const script = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));
  const { AMQP_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, [script], {
    env: {
      ...env,
      HEDDLE_DATA: data,
      HEDDLE_HTTP_PORT: '0',
      HEDDLE_OPS_PORT: '0',
      npm_execpath: '',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const known = new Set<number>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const start: RunningStart = {
    child,
    exited: new Promise((resolve) => child.once('exit', resolve)),
    lines,
    line: async (text) => {
      const isIt = (line: string) => line.includes(text);
      try {
        await vi.waitUntil(() => lines.some(isIt), { timeout: 90_000 });
      } catch (cause) {
        throw new Error(`npm start never printed "${text}":\n${lines.join('\n')}`, { cause });
      }
      return lines.find(isIt) ?? '';
    },
    pids: () => {
      for (const pid of childrenOf(child.pid ?? 0)) known.add(pid);
      const record = join(data, 'broker', 'node.json');
      if (existsSync(record))
        known.add((JSON.parse(readFileSync(record, 'utf8')) as { nodePid: number }).nodePid);
      return [...known];
    },
  };
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await start.exited;
    // Killed like that, its services and its broker end by themselves.
    await vi.waitUntil(() => start.pids().every((pid) => !isAlive(pid)), { timeout: 60_000 });
  });
  return start;
}

function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number) : [];
}

/** The `curl` command as it was printed. */
function printedCurl(start: RunningStart): string {
  const first = start.lines.findIndex((line) => line.includes('curl '));
  return patient(start.lines.slice(first, start.lines.indexOf('', first)).join('\n'));
}

function runShell(command: string): Promise<string> {
  const shell = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve) => shell.once('close', () => resolve(output)));
}

it.concurrent('comes up, answers the curl line it prints, starts again what crashes, and leaves no process and no port behind', async (test) => {
  const start = await runStart(test);
  const url = /http:\S+/.exec(await start.line('Heddle is up'))?.[0] ?? '';
  await start.line('Ctrl-C stops it');
  const job = JSON.parse(await runShell(printedCurl(start))) as { state: string; result: unknown };
  expect(job).toMatchObject({ state: 'succeeded', result: { hello: 'world' } });

  const before = start.pids();
  expect(before.length).toBe(7); // five services, the broker and its keeper
  const isConsumer = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('consumer');
  process.kill(before.find(isConsumer) ?? 0, 'SIGKILL');
  expect(await start.line('ended with')).toContain(
    'consumer   ended with SIGKILL; starting it again in 500 ms',
  );
  await start.line('started again');
  expect(JSON.parse(await runShell(printedCurl(start)))).toMatchObject({ state: 'succeeded' });

  const pids = start.pids();
  const broker = Number(/127\.0\.0\.1:(\d+) /.exec(await start.line('RabbitMQ node'))?.[1]);
  start.child.kill('SIGTERM');
  expect(await start.exited).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(await listens(Number(new URL(url).port))).toBe(false);
  expect(await listens(broker)).toBe(false);
});

it.concurrent('leaves nothing behind when it is itself killed with -9, and can be started again at once', async (test) => {
  const task = fileURLToPath(new URL('../../examples/07-own-task/my-task.js', import.meta.url));
  const data = await makeData(test);
  const start = runStartIn(data, test, { HEDDLE_TASKS: task });
  await start.line('Ctrl-C stops it');
  // Who serves tasks of their own alone is given a line that works for them too.
  const { tasks } = JSON.parse(await runShell(printedCurl(start))) as { tasks: { name: string }[] };
  expect(tasks.map(({ name }) => name)).toContain('shop.quote');
  const pids = start.pids();
  start.child.kill('SIGKILL');
  const again = runStartIn(data, test);
  await again.line('private RabbitMQ node');
  await vi.waitUntil(() => !pids.some(isAlive), { timeout: 60_000 });
});

it.concurrent('ends with 0 on Ctrl-C, also while its broker boots', async (test) => {
  const data = await makeData(test);
  const start = runStartIn(data, test);
  // The note beside a node is there from the beginning of its boot.
  await vi.waitUntil(() => existsSync(join(data, 'broker', 'node.json')), { timeout: 90_000 });
  start.child.kill('SIGINT');
  expect(await start.exited).toBe(0);
});
