import { startTestBroker } from '../../scripts/broker/start-test-broker.mjs';

/**
 * One node for all test files of a run, unless whoever started the run brought one: `HEDDLE_TEST_BROKER` describes a node of
 * ours, `AMQP_URL` names somebody else's, which needs its management plugin.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['HEDDLE_TEST_BROKER']) return undefined;
  if (process.env['AMQP_URL']) {
    process.env['HEDDLE_TEST_BROKER'] = JSON.stringify({ url: process.env['AMQP_URL'] });
    return undefined;
  }
  const broker = await startTestBroker();
  process.env['HEDDLE_TEST_BROKER'] = JSON.stringify(broker.record);
  return () => broker.stop();
}
