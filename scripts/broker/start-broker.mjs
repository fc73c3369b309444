import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { resolve as resolvePath } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * A private RabbitMQ node: loopback only, own ports, own data folder.
 *
 * @typedef {object} PrivateBroker
 * @property {string} url of AMQP; the same after a restart
 * @property {import('./node-record.mjs').NodeRecord} record for `evaluate`
 * @property {() => Promise<void>} start boots it again after `halt` or `kill` or a death of its own
 * @property {() => Promise<void>} halt stops the node as an operator would; its data and ports stay
 * @property {() => Promise<void>} kill ends the node with SIGKILL
 * @property {() => Promise<void>} stop halts it for good; a throw-away folder is removed
 */

/**
 * Starts a private node. It ends with this process, however this process ends.
 * @param {{
 *   folder: string,
 *   installation: import('./find-rabbitmq.mjs').Installation,
 *   throwAway?: boolean,
 *   tlsFiles?: { ca: string, cert: string, key: string },
 *   settings?: readonly string[],
 *   onDied?: (reason: string) => void,
 * }} options `throwAway`: remove the folder at the end; `tlsFiles`: PEM files, for a listener of `amqps` beside the plain one; `settings`: more lines of `rabbitmq.conf`
 * @returns {Promise<PrivateBroker>}
 */
export async function startBroker({
  folder,
  installation,
  throwAway = false,
  tlsFiles,
  settings,
  onDied = () => {},
}) {
  const path = resolvePath(folder);
  const nodename = `heddle-${createHash('sha256').update(path).digest('hex').slice(0, 12)}@localhost`;
  const keeper = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('keep-node.mjs', import.meta.url)),
      JSON.stringify({ folder: path, installation, throwAway, nodename, tlsFiles, settings }),
    ],
    // A session of its own: Ctrl-C in the terminal is for us, and we stop the broker last.
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  );
  keeper.stdin.on('error', () => {});
  const gone = once(keeper, 'exit');

  let waiting;
  createInterface({ input: keeper.stdout }).on('line', (line) => {
    const news = JSON.parse(line);
    if (news.event === 'died') onDied(news.reason);
    else if (news.event === 'failed') waiting?.reject(new Error(news.message));
    else waiting?.resolve(news);
  });
  void gone.then(() => waiting?.reject(new Error('the keeper of the broker has ended')));
  const command = async (name) => {
    const answer = new Promise((resolve, reject) => {
      waiting = { resolve, reject };
    });
    keeper.stdin.write(`${name}\n`);
    try {
      return await answer;
    } finally {
      waiting = undefined;
    }
  };
  const stop = async () => {
    keeper.stdin.end('leave\n');
    await gone;
  };

  try {
    const { record } = await command('start');
    return {
      url: record.url,
      record,
      start: async () => void (await command('start')),
      halt: async () => void (await command('stop')),
      kill: async () => void (await command('kill')),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
