import { type Broker, connectBroker } from '@heddle/broker';
import type { BenchSession } from '../harness/benchmark.ts';

const quiet = (): void => undefined;

/** A connection by Heddle's own library, closed at the end. Warnings and errors are shown. */
export async function openBroker(session: BenchSession, instance: string): Promise<Broker> {
  const say = (_: object, message: string): void => session.say(`${instance}: ${message}`);
  const broker = await connectBroker({
    url: session.amqpUrl,
    service: 'bench',
    instance: `${instance}-${process.pid}`,
    log: { debug: quiet, info: quiet, warn: say, error: say },
  });
  session.cleanUp.add(`close ${instance}`, () => broker.close());
  return broker;
}
