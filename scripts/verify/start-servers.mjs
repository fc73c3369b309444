import { startTestBroker } from '../broker/start-test-broker.mjs';
import { startPostgres } from '../postgres/start-postgres.mjs';
import { reportWhenDone } from '../setup/report-step.mjs';

/**
 * The servers that all tests of a run share, told to them by environment variables. Whoever sets `AMQP_URL` brings a broker.
 * @returns {Promise<() => Promise<void>>} stops them; when one cannot start, the other is stopped and the reason thrown
 */
export async function startServers() {
  const starting = [reportWhenDone('a PostgreSQL server for the tests', startPostgres)];
  if (!process.env.AMQP_URL) {
    starting.push(reportWhenDone('a RabbitMQ node for the tests', () => startTestBroker()));
  }
  const started = await Promise.allSettled(starting);
  const stop = () => Promise.all(started.map(({ value }) => value?.stop()));
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const [database, broker] = started.map(({ value }) => value);
  process.env.HEDDLE_TEST_POSTGRES = database.url;
  if (broker) process.env.HEDDLE_TEST_BROKER = JSON.stringify(broker.record);
  return stop;
}
