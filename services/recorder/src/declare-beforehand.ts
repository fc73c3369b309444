/**
 * `node dist/declare-beforehand.js TASK…`: declares everything that Heddle needs for these tasks on the broker of `AMQP_URL`, whose
 * user may do so, and ends. Tasks as `plannedText` writes them: `ledger.deposit:4` has serial keys in 4 partitions. Exit codes: 0 declared, 1 refused or no broker within a minute, 78 bad settings.
 */
import { connectBroker } from '@heddle/broker';
import { baseSettings, brokerAddress, readSettings } from '@heddle/service';
import { pino } from 'pino';

const CONNECT_MS = 60_000;

const settings = readSettings(baseSettings);
const log = pino(
  { level: settings.LOG_LEVEL, base: { service: 'declare' } },
  pino.destination({ sync: true }),
);
const tasks = process.argv.slice(2);
try {
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
} catch (error) {
  log.fatal({ err: error }, 'not declared');
  process.exitCode = 1;
}
