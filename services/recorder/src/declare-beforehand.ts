/**
 * `node dist/declare-beforehand.js TASK… [--sync OBJECT…]`: declares everything that Heddle needs for these tasks on the broker of `AMQP_URL`,
 * whose user may do so, makes named objects of the toolbox, and ends. Tasks as `plannedText` writes them: `ledger.deposit:4` has serial keys in
 * 4 partitions. Objects as `parsePlannedObject` reads them, separated by commas or each with a `--sync` of its own; without tasks, only these are
 * made. Exit codes: 0 declared, 1 refused or no broker within a minute, 78 bad settings.
 */
import { parseArgs } from 'node:util';
import { connectBroker, openSession } from '@heddle/broker';
import { type PlannedObject, parsePlannedObject, seedOf, ValueError } from '@heddle/contracts';
import { baseSettings, brokerAddress, readSettings } from '@heddle/service';
import { pino } from 'pino';

const CONNECT_MS = 60_000;

const settings = readSettings(baseSettings);
const log = pino(
  { level: settings.LOG_LEVEL, base: { service: 'declare' } },
  pino.destination({ sync: true }),
);
try {
  const { values, positionals: tasks } = parseArgs({
    allowPositionals: true,
    options: { sync: { type: 'string', multiple: true, default: [] } },
  });
  const objects = values.sync.flatMap((text) => text.split(',')).map(readObject);
  if (tasks.length > 0 || objects.length === 0) await declareTasks(tasks);
  if (objects.length > 0) await makeObjects(objects);
} catch (error) {
  log.fatal({ err: error }, 'not declared');
  process.exitCode = 1;
}

async function declareTasks(tasks: readonly string[]): Promise<void> {
  const broker = await connectBroker({
    ...brokerAddress(settings),
    service: 'declare',
    instance: `declare-${process.pid}`,
    log,
    signal: AbortSignal.timeout(CONNECT_MS),
  });
  try {
    await broker.declareBeforehand(tasks);
    log.info({ tasks, broker: broker.version }, 'declared');
  } finally {
    await broker.close();
  }
}

function readObject(text: string): PlannedObject {
  const planned = parsePlannedObject(text);
  if (planned.isPrefix) throw new ValueError(`${text}: programs make these themselves, when they use them`);
  return planned;
}

async function makeObjects(objects: readonly PlannedObject[]): Promise<void> {
  const session = openSession({ ...brokerAddress(settings), name: `declare-${process.pid}`, log });
  try {
    for (const { object, permits } of objects)
      await session.seed({ ...seedOf(object, permits), beforehand: true }, CONNECT_MS);
    log.info({ objects: objects.map(({ object }) => object), broker: session.version }, 'made');
  } finally {
    await session.close();
  }
}
