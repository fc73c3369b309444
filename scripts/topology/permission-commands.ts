import { leastPermissionsOf, topicPermissionsOf } from '../generate/least-permissions.ts';
import { MOST_PATTERN_BYTES } from '../generate/permission-pattern.ts';
import { services } from '../generate/permissions-document.ts';

/** The least rights of users named as the services, where everything has been declared beforehand. The users must be there. */
export function permissionCommands(vhost: string, tasks: readonly string[]): string[] {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const of = `--vhost ${quote(vhost)}`;
  return services.flatMap((service) => {
    const { configure, write, read } = leastPermissionsOf(service, tasks);
    const longest = Math.max(...[configure, write, read].map((right) => Buffer.byteLength(right)));
    if (longest > MOST_PATTERN_BYTES) {
      throw new Error(
        `the rights of the ${service} have ${longest} bytes, RabbitMQ takes ${MOST_PATTERN_BYTES}: give fewer tasks, and each group of workers a user of its own`,
      );
    }
    const rights = [configure, write, read].map(quote).join(' ');
    return [
      `rabbitmqctl set_permissions ${of} ${service} ${rights}`,
      ...topicPermissionsOf(service, tasks).map(
        (topic) =>
          `rabbitmqctl set_topic_permissions ${of} ${service} ${topic.exchange} ${quote(topic.write)} ${quote(topic.read)}`,
      ),
    ];
  });
}
