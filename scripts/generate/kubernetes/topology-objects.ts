import { type PlannedQueue, plannedTopology } from '@heddle/contracts';
import { plannedDeclaration } from '../../../libs/broker/src/queue-arguments.ts';
import { type BrokerUser, serviceUsers } from '../broker-users.ts';

export interface TopologyObject {
  readonly apiVersion: 'rabbitmq.com/v1beta1';
  readonly kind: 'Exchange' | 'Queue' | 'Binding' | 'User' | 'Permission' | 'TopicPermission';
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** That of `k8s/overlays/production`. */
const CLUSTER = { rabbitmqClusterReference: { name: 'rabbitmq' } } as const;
const VERSION = '4.3.0';
const VHOST = '/';

/**
 * Objects of the Messaging Topology Operator, by the name of their file: all that services need in order to declare nothing themselves.
 * Tasks as `plannedText` writes them.
 */
export function topologyObjects(
  tasks: readonly string[],
): Readonly<Record<string, readonly TopologyObject[]>> {
  const { exchanges, queues } = plannedTopology(tasks);
  const users = serviceUsers(tasks);
  return {
    exchanges: exchanges.map(({ name, type, alternate }) =>
      object('Exchange', name, {
        name,
        vhost: VHOST,
        type,
        durable: true,
        ...(alternate !== undefined && { arguments: { 'alternate-exchange': alternate } }),
      }),
    ),
    queues: queues.map(queueObject),
    bindings: queues.flatMap(({ name, bindings }) =>
      bindings.map(({ exchange, key }) =>
        object('Binding', bindingName(exchange, key, name), {
          vhost: VHOST,
          source: exchange,
          destination: name,
          destinationType: 'queue',
          routingKey: key,
        }),
      ),
    ),
    users: users.map(({ name }) => object('User', name, {})),
    permissions: users.flatMap(rightsObjects),
  };
}

/** A user with its rights. The operator makes its password, and the secret `NAME-user-credentials`. */
export function userObjects(user: BrokerUser): readonly TopologyObject[] {
  return [object('User', user.name, {}), ...rightsObjects(user)];
}

function rightsObjects({ name, permissions, topics }: BrokerUser): TopologyObject[] {
  const of = { vhost: VHOST, userReference: { name } };
  return [
    object('Permission', name, { ...of, permissions }),
    ...topics.map((topic) =>
      object('TopicPermission', `${name}.${topic.exchange}`, { ...of, permissions: topic }),
    ),
  ];
}

function queueObject(queue: PlannedQueue): TopologyObject {
  const { durable, arguments: all } = plannedDeclaration(queue, VERSION);
  const { 'x-queue-type': type, ...own } = all;
  return object('Queue', queue.name, {
    name: queue.name,
    vhost: VHOST,
    type,
    durable,
    ...(Object.keys(own).length > 0 && { arguments: own }),
  });
}

/** A name of Kubernetes: lower case letters, digits, `-` and `.`. */
function bindingName(exchange: string, key: string, queue: string): string {
  const via = key === '' || key === '#' ? 'all' : key;
  return [exchange, via, queue].join('--').replaceAll('/', '-');
}

function object(kind: TopologyObject['kind'], name: string, spec: object): TopologyObject {
  return { apiVersion: 'rabbitmq.com/v1beta1', kind, metadata: { name }, spec: { ...CLUSTER, ...spec } };
}

const HEADER = `# Generated from libs/contracts/src/topology.ts by scripts/generate.mjs. Do not edit. One object a line.\n`;

/** Many objects as YAML, a line each (JSON is YAML): nobody reads a thousand of them any other way than by searching. */
export function topologyYaml(objects: readonly TopologyObject[]): string {
  return HEADER + objects.map((one) => `---\n${JSON.stringify(one)}\n`).join('');
}
