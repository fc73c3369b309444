import { randomBytes } from 'node:crypto';
import { evaluate } from '../../scripts/broker/evaluate.mjs';
import type { NodeRecord } from '../../scripts/broker/node-record.mjs';
import { startTestBroker } from '../../scripts/broker/start-test-broker.mjs';
import {
  type BrokerControl,
  controlByErlang,
  controlByManagement,
  type QueueCounts,
  type Rights,
  setConsumerTimeout,
  type TopicRights,
} from './broker-control.ts';

/** A virtual host of its own on the shared node: what other tests do is not seen in it. */
export interface TestVhost {
  readonly name: string;
  /** AMQP URL with the virtual host in it. */
  readonly url: string;
  /** Every queue, with what the node knows of it; counts of quorum queues lag by up to 5 s. */
  listQueues(): Promise<QueueCounts[]>;
  /** How many connections are open now. */
  countConnections(): Promise<number>;
  /** Closes every connection, as an operator would from the console (320, CONNECTION_FORCED); resolves with their number. */
  closeConnections(): Promise<number>;
  /** Limits what the URL's user may do in it, on connections opened from now on. */
  setRights(rights: Rights): Promise<void>;
  /** Makes a user who may do this and no more in it; resolves with the AMQP URL that has user, password and virtual host. */
  addUser(name: string, rights: Rights, topics?: readonly TopicRights[]): Promise<string>;
  /** Deletes it with all that is in it, and its users. */
  drop(): Promise<void>;
}

/** A node for tests that stop it, kill it or raise its alarms. */
export interface BrokerNode {
  /** Stays the same over restarts. */
  readonly url: string;
  /** `amqps://`, if it was started with certificates. */
  readonly tlsUrl: string | undefined;
  createVhost(): Promise<TestVhost>;
  /** Raises or clears the memory alarm: publishing connections are blocked while it is on. */
  setMemoryAlarm(on: boolean): Promise<void>;
  /** On channels opened from now on, takes deliveries back that are held for longer. */
  setConsumerTimeout(ms: number): Promise<void>;
  /** Stops the node in good order; its durable messages stay. */
  halt(): Promise<void>;
  /** Ends the node as a power cut would; what was declared is on the disk. */
  kill(): Promise<void>;
  /** Boots it again after `halt` or `kill`; some 2 s. */
  start(): Promise<void>;
  /** `halt`, then `start`. */
  restart(): Promise<void>;
  /** Stops it for good and removes its data. */
  stop(): Promise<void>;
}

/** Makes a virtual host on the run's shared node; about 30 ms. */
export async function createVhost(): Promise<TestVhost> {
  const { url, control } = sharedNode();
  return makeVhost(url, control);
}

/**
 * Boots a node of this test's own, of the same release as the shared one; some 2 s. With `tlsFiles` (PEM) it also listens for
 * `amqps`, to clients with a certificate of that authority. `settings` are more lines of its `rabbitmq.conf`.
 */
export async function startBroker(
  tlsFiles?: { readonly ca: string; readonly cert: string; readonly key: string },
  settings?: readonly string[],
): Promise<BrokerNode> {
  const { record } = sharedNode();
  const broker = await startTestBroker(record?.installation, tlsFiles, settings);
  const control = controlByErlang(broker.record);
  return {
    url: broker.url,
    tlsUrl: broker.record.tls && `amqps://guest:guest@localhost:${broker.record.tls.port}`,
    createVhost: () => makeVhost(broker.url, control),
    setMemoryAlarm: (on) => control.setMemoryAlarm(on),
    setConsumerTimeout: (ms) => setConsumerTimeout(broker.record, ms),
    halt: broker.halt,
    kill: async () => {
      // RabbitMQ 3 keeps what was declared in its own memory for up to two seconds: a queue of a moment ago would be gone
      // with its messages, which no client can help. A node that does not answer is killed as it is.
      await evaluate(broker.record, 'catch mnesia:sync_log(), ok').catch(() => undefined);
      await broker.kill();
    },
    start: broker.start,
    restart: async () => {
      await broker.halt();
      await broker.start();
    },
    stop: broker.stop,
  };
}

interface SharedNode {
  readonly url: string;
  readonly control: BrokerControl;
  /** Absent when somebody else's broker is used. */
  readonly record?: NodeRecord;
}

function sharedNode(): SharedNode {
  const given = process.env['HEDDLE_TEST_BROKER'];
  if (!given) throw new Error('HEDDLE_TEST_BROKER is not set: the global set-up of this test has not run');
  const record = JSON.parse(given) as NodeRecord | { url: string };
  if ('nodename' in record) return { url: record.url, control: controlByErlang(record), record };
  return { url: record.url, control: controlByManagement(record.url) };
}

async function makeVhost(brokerUrl: string, control: BrokerControl): Promise<TestVhost> {
  const users: string[] = [];
  const name = `test-${process.env['VITEST_POOL_ID'] ?? 0}-${randomBytes(6).toString('hex')}`;
  const url = new URL(brokerUrl);
  url.pathname = `/${name}`;
  await control.addVhost(name, decodeURIComponent(url.username));
  return {
    name,
    url: url.href,
    listQueues: () => control.listQueues(name),
    countConnections: () => control.countConnections(name),
    closeConnections: () => control.closeConnections(name),
    setRights: (rights) => control.setRights(name, decodeURIComponent(url.username), rights),
    async addUser(userName, rights, topics = []) {
      const user = `${name}-${userName}`;
      const password = randomBytes(12).toString('hex');
      await control.addUser(user, password);
      users.push(user);
      await control.setRights(name, user, rights);
      await control.setTopicRights(name, user, topics);
      const own = new URL(url);
      own.username = user;
      own.password = password;
      return own.href;
    },
    async drop() {
      await control.dropVhost(name);
      for (const user of users) await control.dropUser(user);
    },
  };
}
