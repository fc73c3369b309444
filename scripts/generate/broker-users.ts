import { leastPermissionsOf, type TopicPermission, topicPermissionsOf } from './least-permissions.ts';
import { MOST_PATTERN_BYTES, type Permissions } from './permission-pattern.ts';
import { services } from './permissions-document.ts';
import { type Program, programPermissions, programTopics } from './program-permissions.ts';

/** A user of the broker with the least rights, where everything was declared beforehand. */
export interface BrokerUser {
  readonly name: string;
  readonly permissions: Permissions;
  readonly topics: readonly TopicPermission[];
}

const NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/** One a service, named as it. Throws where RabbitMQ 4.3 would not take the rights. */
export function serviceUsers(tasks: readonly string[]): BrokerUser[] {
  return services.map((service) =>
    checked(
      {
        name: service,
        permissions: leastPermissionsOf(service, tasks),
        topics: topicPermissionsOf(service, tasks),
      },
      `of ${tasks.length} tasks; give groups of workers users of their own: --tasks SOME,OF,THEM --workers NAME`,
    ),
  );
}

/** That of a group of workers which serve these tasks. Throws as `serviceUsers`. */
export function workersUser(name: string, tasks: readonly string[]): BrokerUser {
  return checked(
    {
      name,
      permissions: leastPermissionsOf('consumer', tasks),
      topics: topicPermissionsOf('consumer', tasks),
    },
    `of ${tasks.length} tasks; make the group smaller: --tasks SOME,OF,THEM --workers NAME`,
  );
}

/** That of a program with the toolbox or the client. Throws as `serviceUsers`. */
export function programUser(name: string, program: Program): BrokerUser {
  return checked(
    { name, permissions: programPermissions(program), topics: programTopics(program) },
    `of ${program.objects.length} objects and ${program.submits.length} tasks; name objects that begin alike by that: --sync "lock.order-*"`,
  );
}

function checked(user: BrokerUser, hint: string): BrokerUser {
  const { name, permissions, topics } = user;
  if (!NAME.test(name))
    throw new Error(`expected a name of lower-case letters, digits, "-" and ".", got "${name}"`);
  const rights = [
    ...Object.entries(permissions),
    ...topics.map(({ exchange, write }): [string, string] => [`keys on ${exchange}`, write]),
  ];
  for (const [what, right] of rights) {
    const length = Buffer.byteLength(right);
    if (length > MOST_PATTERN_BYTES) {
      throw new Error(
        `the rights of the ${name} (${what}) have ${length} bytes, RabbitMQ 4.3 takes ${MOST_PATTERN_BYTES}: they are those ${hint}`,
      );
    }
  }
  return user;
}
