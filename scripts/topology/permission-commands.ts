import { leastPermissionsOf, topicPermissionsOf } from '../generate/least-permissions.ts';
import { services } from '../generate/permissions-document.ts';

/** The least rights of users named as the services, where everything has been declared beforehand. The users must be there. */
export function permissionCommands(vhost: string, tasks: readonly string[]): string[] {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const of = `--vhost ${quote(vhost)}`;
  return services.flatMap((service) => {
    const { configure, write, read } = leastPermissionsOf(service, tasks);
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
