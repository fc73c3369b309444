import { fork } from 'node:child_process';

export const url = process.env['AMQP_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672';

/** Which of an example's processes this is; undefined in the one that starts the others. */
export const role = process.env['EXAMPLE_ROLE'];

/**
 * Starts this program again, once for each role. What they print comes out here, what they `process.send` goes to
 * `onMessage`. Resolves when all have ended.
 */
export async function startProcesses(roles, onMessage = () => {}) {
  const ended = roles.map(
    (name) =>
      new Promise((resolve, reject) => {
        const child = fork(process.argv[1], { env: { ...process.env, EXAMPLE_ROLE: String(name) } });
        child.on('message', onMessage);
        child.once('exit', (code) =>
          code === 0 ? resolve() : reject(new Error(`process ${name} ended with ${code}`)),
        );
      }),
  );
  await Promise.all(ended);
}
