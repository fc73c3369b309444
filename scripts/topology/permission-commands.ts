import type { BrokerUser } from '../generate/broker-users.ts';

/** The rights of users, as lines of `rabbitmqctl`. The users must be there. */
export function permissionCommands(vhost: string, users: readonly BrokerUser[]): string[] {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const of = `--vhost ${quote(vhost)}`;
  return users.flatMap(({ name, permissions: { configure, write, read }, topics }) => [
    `rabbitmqctl set_permissions ${of} ${name} ${[configure, write, read].map(quote).join(' ')}`,
    ...topics.map(
      (topic) =>
        `rabbitmqctl set_topic_permissions ${of} ${name} ${topic.exchange} ${quote(topic.write)} ${quote(topic.read)}`,
    ),
  ]);
}
