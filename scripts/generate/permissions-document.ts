import {
  INSTANCE_SLOTS,
  type Party,
  parsePlannedObject,
  plannedText,
  queues,
  REPLY_SLOTS,
  syncNames,
  WEBHOOK_TASK,
} from '@heddle/contracts';
import { builtInTasks } from '../../services/consumer/src/tasks/built-in-tasks.ts';
import { leastPermissionsOf, lookedAtBy } from './least-permissions.ts';
import { type Permissions, pattern } from './permission-pattern.ts';
import { programPermissions } from './program-permissions.ts';
import { table } from './topology-document.ts';
import { type ExchangeFacts, exchangeRows, type QueueFacts, queueRows } from './topology-rows.ts';

/** What every worker serves when nobody says otherwise. */
export const builtInTaskNames: readonly string[] = builtInTasks.map(({ name }) => name).toSorted();

/** The same with what decides which queues they have, as they are declared beforehand. */
export const plannedBuiltInTasks: readonly string[] = builtInTasks
  .map((task) => plannedText(task))
  .toSorted();

export const services = ['gateway', 'producer', 'consumer', 'recorder', 'notifier'] as const;

const MARK = 'heddle.sync.seeded.<object>';

/**
 * What a service needs on the broker. The recorder declares what is shared; the others find it there. To declare a queue RabbitMQ asks for `configure` on it; to bind it, `write` on it and `read` on the
 * exchange; to give it a dead-letter exchange, `read` on it and `write` on that exchange; an alternate exchange likewise.
 */
export function permissionsOf(service: Party): Permissions {
  const declaredQueues = queueRows.filter((queue) => declares(service, queue));
  const declaredExchanges = exchangeRows.filter((exchange) => declaresExchange(service, exchange));
  const published = exchangeRows.filter(({ publishers }) => publishers.includes(service));
  const consumed = queueRows.filter(({ consumers }) => consumers.includes(service));
  // A mark of the toolbox has an alternate exchange, which is not there: a name that says a number.
  const marks = declaredExchanges.some(({ name }) => name === MARK);
  const patternFor = (all: readonly string[]) => pattern(all.map((name) => ownName(service, name)));
  return {
    configure: patternFor([...names(declaredExchanges), ...names(declaredQueues)]),
    write: patternFor([
      ...names(published),
      ...names(declaredQueues),
      ...declaredQueues.flatMap(({ deadLetter }) => deadLetter ?? []),
      ...declaredExchanges.flatMap(({ alternate }) => alternate ?? []),
      ...lookedAtBy(service),
      ...(marks ? [syncNames.permits('<count>')] : []),
    ]),
    read: patternFor([
      ...names(consumed),
      ...names(declaredQueues.filter(({ deadLetter }) => deadLetter)),
      ...declaredQueues.flatMap(({ bindings }) => bindings.map(({ exchange }) => exchange)),
      ...names(declaredExchanges.filter(({ alternate }) => alternate)),
      ...(marks ? [MARK] : []),
    ]),
  };
}

/** A process declares its own queues, a worker both queues of its tasks, the recorder what is shared, and whoever sends jobs to rest the rungs that they rest on. */
function declares(service: Party, { name, type, consumers }: QueueFacts): boolean {
  if (type === 'delay')
    return exchangeRows.some((rung) => rung.name === name && rung.publishers.includes(service));
  if (name === 'heddle.jobs.<task>.suspect')
    return queues['heddle.jobs.<task>'].consumers.some((party) => party === service);
  return name.includes('<') ? consumers.includes(service) : service === 'recorder';
}

function declaresExchange(service: Party, { name, publishers }: ExchangeFacts): boolean {
  return name.includes('<') ? publishers.includes(service) : service === 'recorder';
}

/** The notifier serves one task only. */
function ownName(service: Party, name: string): string {
  return service === 'notifier' ? name.replace('<task>', WEBHOOK_TASK) : name;
}

/** What an AMQP client of another language needs to publish jobs. */
const FOREIGN: Permissions = { configure: '^$', write: pattern(['heddle.jobs']), read: '^$' };

export function permissionsDocument(): string {
  const rows = services.map(dataFlowOf);
  return `<!-- Generated from libs/contracts/src/topology.ts by scripts/generate.mjs. Do not edit. -->

# Broker permissions

The rights that each service needs in its virtual host, for \`rabbitmqctl set_permissions -p VHOST USER CONFIGURE WRITE READ\`.
The recorder declares what is shared, so it is started first on an empty virtual host; the others declare their own queues
only, and take for granted what they may not declare and find there (one line in the log says so).
Where every service may do everything, any of them can start first. No service needs a right on the default exchange.

The rungs of the delay ladder (\`heddle.delay.<ms>\`) are made when they are first needed, by whoever needs them, and their messages go on to \`heddle.jobs\`:
hence the rights to configure the former and to write to the latter.

${table(['service', 'publishes to', 'consumes from'], rows)}
${services.map((service) => block(service, permissionsOf(service))).join('\n')}
${block('client (programs with the TypeScript client: `libs/client`, `libs/sync`)', permissionsOf('client'))}
${block('foreign (any AMQP client that only publishes jobs)', FOREIGN)}
# Nothing to configure

With everything declared beforehand (\`npm run topology -- declare\`, or the component \`topology-operator\` of \`k8s/\`) no service declares anything, and
each needs only what is below. Every rung of the delay ladder is there already. A process that may not declare its own queue of replies or
news takes one of ${INSTANCE_SLOTS} that nobody else holds (\`heddle.replies.slot-1\` and so on), by being its exclusive consumer: so ${INSTANCE_SLOTS} processes of services can share a virtual host, and as many queues of
replies besides are there for programs.
The tokens of limits need queues only: workers put the tokens there themselves, which asks for the right to publish on \`heddle.tokens\`.

\`npm run topology -- declare\` reads the definitions of the tasks that \`HEDDLE_TASKS\` names, as a worker would, modules of your own too, and so knows their partitions, limits and lanes; or it is told:
\`npm run topology -- declare debug.echo ledger.deposit:4 mail.send:concurrency:rate=1m:lanes=8\` (serial keys in 4 partitions; a limit of jobs at the same time, one of jobs begun in a minute, 8 lanes). Another
\`per\` of a rate, more lanes or more partitions have to be declared before the workers that want them start; another \`count\` or \`concurrency\` only moves tokens.

Here are the rights for the built-in tasks; \`npm run topology -- permissions\` prints them for those of \`HEDDLE_TASKS\`, or with \`--tasks a,b\` for others, as lines of \`rabbitmqctl\`, one user a service. There
are topic permissions besides: on \`heddle.submit\`, \`heddle.serial\`, \`heddle.lanes\`, \`heddle.tokens\` and every rung, a worker may publish jobs and tokens of its own tasks only, and the
notifier jobs of \`${WEBHOOK_TASK}\` only. A webhook's delivery is a job, whose events the notifier publishes: on an exchange of their own, \`heddle.webhooks\`, since RabbitMQ cannot tell one job's events
from another's. It has no right on \`heddle.events\`, and who reads events sets aside what comes by \`heddle.webhooks\` and is of another task, or means a job of another task.

RabbitMQ 4.3 takes expressions of at most 1,024 characters: some 70 tasks of one user with names such as these. With more than fit, \`npm run topology\` says so; give groups of workers (\`HEDDLE_TASKS\`) users of their own:
\`npm run topology -- permissions --tasks a,b --workers NAME\` prints the rights of one such user, and \`objects FOLDER\` instead of \`permissions\` writes it for the Topology Operator.

## Programs with the client and the toolbox

Programs with \`libs/client\` or \`libs/sync\` need nothing to configure either, once the named objects that they use were made, with what they begin with:

\`\`\`sh
npm run topology -- declare --sync lock.bank,rlock.bank,semaphore.gpu=4,bounded-semaphore.door=2,event.go,queue.line
npm run topology -- permissions --program NAME --sync lock.bank,semaphore.gpu=4 --submit debug.echo,image.thumbnail
\`\`\`

The second line prints the rights of the user of one program: for these objects, and to submit jobs of these tasks (futures, timers); leave out what it has no use for. It publishes to
its own objects only, each by the exchange that is its mark (to locks not at all), and by topic permissions jobs of its own tasks only. It may put any request to the recorder, as each user with the right on \`heddle.requests\`: ask for jobs, cancel them, batches, replays. Who submits publishes
\`accepted\` events, and RabbitMQ cannot tell one job's events from another's.

- An \`Executor\`, and a session once the recorder has to hear of it, takes one of the ${REPLY_SLOTS} queues of replies that were made beforehand, ${INSTANCE_SLOTS} of which the services may need.
- Objects are called what errors and \`GET /v1/sync\` call them: \`queue.NAME\` is a \`SimpleQueue\`; a \`Condition\` without a lock of its own wants \`rlock.NAME\`. Bounded queues, conditions and barriers themselves the recorder keeps: nothing has to be made.
- An object that was not made is a \`RuntimeError\`, which says how to make it. One that a program with more rights has made by using it is found, but nothing leads to it for others until it is declared too: what they put into it is \`publish_returned\`, which says so. A semaphore with another number of permits than was declared is a \`ValueError\`, at its first permit.
- Declaring again changes nothing. For another number of permits, delete the queue \`heddle.sync.tokens.semaphore.NAME\` while nobody holds one, then declare.
- **Names that are made at run time**, a lock for each account say, cannot be declared. \`--sync 'lock.account-*'\` gives a program the right to make all locks whose names begin so, and so the rights to configure, write and read what is called
  that and nothing else: within that prefix it can also delete. It puts in what they begin with by \`heddle.sync\`, which leads to every object: so it can put messages into those of others too, though not take any out. Their queues stay until somebody deletes them.

| a program | has these rights, as an example |
|---|---|
${exampleRows()}

${services.map((service) => block(`${service}, nothing to configure`, leastPermissionsOf(service, builtInTaskNames))).join('\n')}`;
}

function block(title: string, { configure, write, read }: Permissions): string {
  return `## ${title}\n\n\`\`\`\nconfigure  ${configure}\nwrite      ${write}\nread       ${read}\n\`\`\`\n`;
}

function dataFlowOf(service: Party): string[] {
  const published = exchangeRows.filter(({ publishers }) => publishers.includes(service));
  const consumed = queueRows.filter(({ consumers }) => consumers.includes(service));
  const list = (rows: readonly { name: string }[]) => rows.map(({ name }) => `\`${name}\``).join(', ') || '–';
  return [service, list(published), list(consumed)];
}

function names(rows: readonly { readonly name: string }[]): string[] {
  return rows.map(({ name }) => name);
}

/** What the rights of programs look like. */
function exampleRows(): string {
  const shown = (objects: readonly string[], submits: readonly string[]): string => {
    const { configure, write, read } = programPermissions({
      objects: objects.map(parsePlannedObject),
      submits,
    });
    const cell = (right: string) => `\`${right.replaceAll('|', '\\|')}\``;
    return `configure ${cell(configure)}<br>write ${cell(write)}<br>read ${cell(read)}`;
  };
  return [
    `| \`--sync lock.bank\` | ${shown(['lock.bank'], [])} |`,
    `| \`--sync 'lock.account-*'\` | ${shown(['lock.account-*'], [])} |`,
    `| \`--submit debug.echo\` | ${shown([], ['debug.echo'])} |`,
  ].join('\n');
}
