import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { evaluate } from './evaluate.mjs';
import { commandOf, pathInside } from './find-rabbitmq.mjs';
import { preloadModules } from './preload-modules.mjs';
import { speaksAmqp } from './probe-port.mjs';

/** Booting takes some 2 s on an idle machine of two cores, the first time. */
const BOOT_MS = 90_000;

/** Spawns the port mapper of a record's node: without one of its own, Erlang starts a daemon that outlives it. */
export function spawnPortMapper(folder, record) {
  const { installation } = record;
  const child = withLog(folder, 'epmd.log', (stdio) => {
    const args = ['-port', String(record.epmdPort), '-address', '127.0.0.1'];
    return spawn(...commandOf(installation, 'epmd', args), { env: { PATH: process.env.PATH }, stdio });
  });
  child.on('error', () => {});
  return child;
}

/**
 * Spawns the node of a record. It is up when `waitUntilUp` says so.
 * @param {string} home of the release to run, as the node sees it
 * @returns {import('node:child_process').ChildProcess}
 */
export function spawnNode(folder, record, home) {
  const { installation } = record;
  const inside = (path) => pathInside(installation, join(folder, path));
  const preloading = preloadModules(home);
  for (const name of ['data', 'config']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'config', 'env.conf'), '');
  writeFileSync(join(folder, 'config', 'enabled_plugins'), '[].\n');
  // Copied, because a node under chroot sees its own folder only.
  for (const [name, path] of Object.entries(record.tls?.files ?? {})) {
    copyFileSync(path, join(folder, 'config', `${name}.pem`));
  }
  writeFileSync(join(folder, 'config', 'rabbitmq.conf'), configuration(record, inside));

  const env = {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: record.home,
    ERL_CRASH_DUMP: inside('log/erl_crash.dump'),
    ERL_EPMD_PORT: String(record.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ...preloading.env,
    // The start script then becomes the Erlang machine, so that signals reach it.
    detached: '1',
    RABBITMQ_SCRIPTS_DIR: `${home}/sbin`,
    RABBITMQ_CONF_ENV_FILE: inside('config/env.conf'),
    RABBITMQ_NODENAME: record.nodename,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(record.port),
    RABBITMQ_DIST_PORT: String(record.distPort),
    RABBITMQ_CONFIG_FILE: inside('config/rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: inside('config/advanced.config'),
    RABBITMQ_GENERATED_CONFIG_DIR: inside('config'),
    RABBITMQ_SCHEMA_DIR: inside('config/schema'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inside('config/enabled_plugins'),
    RABBITMQ_PLUGINS_DIR: `${home}/plugins`,
    RABBITMQ_PLUGINS_EXPAND_DIR: inside('config/expanded'),
    RABBITMQ_MNESIA_BASE: inside('data'),
    RABBITMQ_LOG_BASE: inside('log'),
    RABBITMQ_PID_FILE: inside('data/node.pid'),
    RABBITMQ_MAX_NUMBER_OF_PROCESSES: '65536',
    RABBITMQ_MAX_NUMBER_OF_ATOMS: '262144',
    // The second flag means nothing to Erlang: it puts the name on the command line, where a later run finds its own.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${preloading.args} -start_epmd false -kernel inet_dist_use_interface {127,0,0,1} -heddle ${record.nodename}`,
  };
  return withLog(folder, 'console.log', (stdio) =>
    spawn(...commandOf(installation, '/bin/sh', [`${home}/sbin/rabbitmq-server`]), { env, stdio }),
  );
}

function withLog(folder, name, spawnInto) {
  mkdirSync(join(folder, 'log'), { recursive: true });
  const output = openSync(join(folder, 'log', name), 'w');
  try {
    return spawnInto(['ignore', output, output]);
  } finally {
    closeSync(output);
  }
}

function configuration(record, inside) {
  return [
    `listeners.tcp.1 = 127.0.0.1:${record.port}`,
    'log.file.level = warning',
    'log.console = true',
    'log.console.level = warning',
    'disk_free_limit.absolute = 50MB',
    // A client that is gone without a word is noticed in 40 s, not in two minutes.
    'heartbeat = 20',
    ...(record.tls ? tlsListener(record.tls, inside) : []),
    // The last of two that say the same counts.
    ...(record.settings ?? []),
    '',
  ].join('\n');
}

/** Only for clients that show a certificate of the same authority. */
function tlsListener({ port }, inside) {
  return [
    `listeners.ssl.1 = 127.0.0.1:${port}`,
    `ssl_options.cacertfile = ${inside('config/ca.pem')}`,
    `ssl_options.certfile = ${inside('config/cert.pem')}`,
    `ssl_options.keyfile = ${inside('config/key.pem')}`,
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = true',
  ];
}

/**
 * Resolves once the node answers on its AMQP port and says that its boot is complete; rejects with the end of its log if it ends first.
 * @param {import('node:child_process').ChildProcess} node
 */
export async function waitUntilUp(folder, node, record) {
  try {
    await answersAsItself(node, record);
  } catch (error) {
    const log = readFileSync(join(folder, 'log', 'console.log'), 'utf8')
      .trim()
      .split('\n')
      .slice(-25);
    throw new Error(`${error.message}\n${log.join('\n')}`, { cause: error });
  }
}

async function answersAsItself(node, record) {
  let ended;
  node.once('exit', (code, signal) => {
    ended = `RabbitMQ ended with ${signal ?? code} while it booted`;
  });
  node.once('error', (error) => {
    ended = `RabbitMQ could not be run: ${error.message}`;
  });
  const deadline = Date.now() + BOOT_MS;
  for (;;) {
    if (ended) throw new Error(ended);
    if (Date.now() > deadline) throw new Error(`RabbitMQ was not up within ${BOOT_MS / 1000} s`);
    // It listens a moment before its boot is complete. And somebody else may listen there: only our node knows the cookie
    // and answers to this name.
    if ((await speaksAmqp(record.port)) && (await evaluate(record, 'rabbit:is_running()')) === 'true') return;
    await pause(50);
  }
}
