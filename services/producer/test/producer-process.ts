import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** A producer in a process of its own, which can be killed as a power cut would. */
export interface ProducerProcess {
  /** What it logged so far. */
  readonly lines: readonly string[];
  kill(): Promise<void>;
}

/** Starts the producer as it was built; resolves when it says that it has started. */
export async function startProducerProcess(amqpUrl: string): Promise<ProducerProcess> {
  // The IPC channel ends it should the test's own process be killed.
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], AMQP_URL: amqpUrl, HEDDLE_OPS_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines: string[] = [];
  const { stdout } = child;
  if (!stdout) throw new Error('the producer has no standard output');
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      lines.push(line);
      if (line.includes('"msg":"started"')) resolve();
    });
    void exited.then(() =>
      reject(new Error(`the producer ended before it had started\n${lines.join('\n')}`)),
    );
  });
  return {
    lines,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
