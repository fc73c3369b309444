import { evaluate, evaluateJson } from '../../scripts/broker/evaluate.mjs';
import type { NodeRecord } from '../../scripts/broker/node-record.mjs';

export interface QueueCounts {
  readonly name: string;
  readonly ready: number;
  readonly unacked: number;
  readonly consumers: number;
}

/** What a user may do in a virtual host: regular expressions over the names of exchanges and queues. */
export interface Rights {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** What a user may publish to a topic exchange, and bind to it: regular expressions over routing keys. */
export interface TopicRights {
  readonly exchange: string;
  readonly write: string;
  readonly read: string;
}

/** What an operator can do to a broker. */
export interface BrokerControl {
  addVhost(vhost: string, user: string): Promise<void>;
  dropVhost(vhost: string): Promise<void>;
  /** Holds for connections opened from now on. */
  setRights(vhost: string, user: string, rights: Rights): Promise<void>;
  /** Makes a user with that password and no rights. */
  addUser(user: string, password: string): Promise<void>;
  setTopicRights(vhost: string, user: string, rights: readonly TopicRights[]): Promise<void>;
  dropUser(user: string): Promise<void>;
  listQueues(vhost: string): Promise<QueueCounts[]>;
  countConnections(vhost: string): Promise<number>;
  closeConnections(vhost: string): Promise<number>;
  /** Resolves when all connections have been told. */
  setMemoryAlarm(on: boolean): Promise<void>;
}

/** Of a node of ours: calls its own functions. */
export function controlByErlang(node: NodeRecord): BrokerControl {
  const connections = (vhost: string) =>
    `[P || [{pid, P}, {vhost, V}] <- rabbit_networking:connection_info_all([pid, vhost]), V =:= ${binary(vhost)}]`;
  return {
    async addVhost(vhost, user) {
      const add = `rabbit_vhost:add(${binary(vhost)}, ${binary('test')})`;
      await evaluate(node, `${add}, ${settingRights(vhost, user, ALL_RIGHTS)}`);
    },
    async setRights(vhost, user, rights) {
      await evaluate(node, settingRights(vhost, user, rights));
    },
    async addUser(user, password) {
      const named = [user, password, 'test'].map(binary).join(', ');
      await evaluate(node, `ok = rabbit_auth_backend_internal:add_user(${named})`);
    },
    async setTopicRights(vhost, user, rights) {
      const list = rights.map(
        (right) => `{${[right.exchange, right.write, right.read].map(binary).join(', ')}}`,
      );
      const set = `rabbit_auth_backend_internal:set_topic_permissions(${[user, vhost].map(binary).join(', ')}, E, W, R, ${binary('test')})`;
      await evaluate(node, `[ok = ${set} || {E, W, R} <- [${list.join(', ')}]], ok`);
    },
    async dropUser(user) {
      await evaluate(
        node,
        `ok = rabbit_auth_backend_internal:delete_user(${binary(user)}, ${binary('test')})`,
      );
    },
    async dropVhost(vhost) {
      await evaluate(node, `rabbit_vhost:delete(${binary(vhost)}, ${binary('test')})`);
    },
    async listQueues(vhost) {
      return (await evaluateJson(
        node,
        `[#{name => element(4, N), ready => R, unacked => U, consumers => C}
          || [{name, N}, {messages_ready, R}, {messages_unacknowledged, U}, {consumers, C}]
          <- rabbit_amqqueue:info_all(${binary(vhost)}, [name, messages_ready, messages_unacknowledged, consumers])]`,
      )) as QueueCounts[];
    },
    async countConnections(vhost) {
      return Number(await evaluate(node, `length(${connections(vhost)})`));
    },
    async closeConnections(vhost) {
      const close = '[rabbit_networking:close_connection(P, "closed by a test") || P <- Ps]';
      return Number(await evaluate(node, `Ps = ${connections(vhost)}, ${close}, length(Ps)`));
    },
    async setMemoryAlarm(on) {
      const notify = `rabbit_alarm:${on ? 'set' : 'clear'}_alarm(${on ? `{${ALARM}, []}` : ALARM})`;
      // That is only on its way; whoever is answered after it finds that all connections have been told.
      await evaluate(node, `${notify}, rabbit_alarm:get_alarms()`);
    },
  };
}

/** The expression that gives a user these rights. */
function settingRights(vhost: string, user: string, { configure, write, read }: Rights): string {
  const rights = [user, vhost, configure, write, read, 'test'].map(binary).join(', ');
  return `ok = rabbit_auth_backend_internal:set_permissions(${rights})`;
}

/** How long a delivery may be held on channels and queues made from now on; looked at twice a second instead of once a minute. */
export async function setConsumerTimeout(node: NodeRecord, ms: number): Promise<void> {
  const set = (key: string, value: number) => `ok = application:set_env(rabbit, ${key}, ${value})`;
  const ticks = ['channel_tick_interval', 'quorum_tick_interval'].map((key) => set(key, 500));
  await evaluate(node, [set('consumer_timeout', ms), ...ticks].join(', '));
}

const ALL_RIGHTS: Rights = { configure: '.*', write: '.*', read: '.*' };
const ALARM = '{resource_limit, memory, node()}';

function binary(text: string): string {
  return `<<"${text.replaceAll(/["\\]/g, '\\$&')}"/utf8>>`;
}

/** Of a broker that somebody else runs, by the HTTP API of its management plugin on the same host, port 15672. */
export function controlByManagement(amqpUrl: string): BrokerControl {
  const { hostname, username, password } = new URL(amqpUrl);
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`http://${hostname}:15672/api/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return method === 'GET' ? response.json() : undefined;
  };
  const connections = async (vhost: string) =>
    (await ask('GET', `vhosts/${vhost}/connections`)) as { name: string }[];
  return {
    async addVhost(vhost, user) {
      await ask('PUT', `vhosts/${vhost}`, {});
      await this.setRights(vhost, user, ALL_RIGHTS);
    },
    async setRights(vhost, user, rights) {
      await ask('PUT', `permissions/${vhost}/${user}`, rights);
    },
    async addUser(user, password) {
      await ask('PUT', `users/${user}`, { password, tags: '' });
    },
    async setTopicRights(vhost, user, rights) {
      for (const right of rights) await ask('PUT', `topic-permissions/${vhost}/${user}`, right);
    },
    async dropUser(user) {
      await ask('DELETE', `users/${user}`);
    },
    async dropVhost(vhost) {
      await ask('DELETE', `vhosts/${vhost}`);
    },
    async listQueues(vhost) {
      const queues = (await ask('GET', `queues/${vhost}`)) as {
        name: string;
        messages_ready?: number;
        messages_unacknowledged?: number;
        consumers?: number;
      }[];
      return queues.map((queue) => ({
        name: queue.name,
        ready: queue.messages_ready ?? 0,
        unacked: queue.messages_unacknowledged ?? 0,
        consumers: queue.consumers ?? 0,
      }));
    },
    countConnections: async (vhost) => (await connections(vhost)).length,
    async closeConnections(vhost) {
      const open = await connections(vhost);
      for (const { name } of open) await ask('DELETE', `connections/${encodeURIComponent(name)}`);
      return open.length;
    },
    setMemoryAlarm: () =>
      Promise.reject(new Error('the alarm of a broker that others may use is not ours to raise')),
  };
}
