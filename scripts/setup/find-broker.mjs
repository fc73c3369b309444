import { findRabbitmq } from '../broker/find-rabbitmq.mjs';
import { listens } from '../broker/probe-port.mjs';
import { startBroker } from '../broker/start-broker.mjs';
import { hasDocker, startContainer } from '../broker/start-container.mjs';
import { canInstall, installLine, installPackage } from './install-package.mjs';
import { reportStep } from './report-step.mjs';

/**
 * A broker for a stack, in this order: `AMQP_URL`, a private node of the installed RabbitMQ, the same after installing it,
 * a container. `stop` stops only what this started.
 *
 * @typedef {object} FoundBroker
 * @property {string} url
 * @property {() => Promise<void>} start boots it again after it died; absent where it is not ours
 * @property {() => Promise<void>} stop
 *
 * @param {{folder: string, throwAway?: boolean, onDied?: (reason: string) => void}} options where a private node keeps its data
 * @returns {Promise<FoundBroker>}
 */
export async function findBroker({ folder, throwAway, onDied }) {
  if (process.env.AMQP_URL) {
    const url = process.env.AMQP_URL;
    await reportStep('broker', async (says) => says(await describeGiven(url)));
    return { url, stop: async () => {} };
  }
  if (!findRabbitmq() && canInstall()) {
    await reportStep('installing RabbitMQ', () => installPackage('rabbitmq'));
  }
  const installation = findRabbitmq();
  if (installation) {
    return reportStep('broker', async (says) => {
      const broker = await startBroker({ folder, installation, throwAway, onDied });
      says(`a private RabbitMQ node at ${broker.url}`);
      return broker;
    });
  }
  if (await hasDocker()) {
    return reportStep('broker', async (says) => {
      const broker = await startContainer(folder);
      says(`RabbitMQ in a container at ${broker.url}`);
      return broker;
    });
  }
  throw new NoBrokerError();
}

/** Nothing to run a broker with, and no right to install it. */
class NoBrokerError extends Error {
  constructor() {
    super(
      [
        'Heddle needs RabbitMQ, and found none. Do one of these, then start again:',
        `  ${installLine('rabbitmq')}`,
        '  or start Docker',
        '  or set AMQP_URL to a broker that runs elsewhere, such as amqp://user:password@host:5672',
      ].join('\n'),
    );
  }
}

/** Only looks for a listening port: the library that speaks AMQP may not be installed yet. */
async function describeGiven(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'amqp:' && url?.protocol !== 'amqps:') {
    throw new Error('AMQP_URL: expected a URL such as amqp://user:password@host:5672, got something else');
  }
  const port = Number(url.port || (url.protocol === 'amqps:' ? 5671 : 5672));
  const address = `${url.hostname}:${port}`;
  if (await listens(port, url.hostname)) return `AMQP_URL, at ${address}`;
  return `AMQP_URL, at ${address}, which does not answer yet`;
}
