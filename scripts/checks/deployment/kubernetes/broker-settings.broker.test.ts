import { readFileSync } from 'node:fs';
import { connect } from 'amqplib';
import { expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startBroker } from '../../../../test/support/broker.ts';

const manifest = new URL('../../../../k8s/overlays/production/rabbitmq.yaml', import.meta.url);

interface Cluster {
  readonly kind: string;
  readonly spec: { readonly rabbitmq: { readonly additionalConfig: string } };
}

test('RabbitMQ starts with the settings that the production overlay gives it', async () => {
  const objects = parseAllDocuments(readFileSync(manifest, 'utf8')).map((one) => one.toJS() as Cluster);
  const cluster = objects.find(({ kind }) => kind === 'RabbitmqCluster');
  const settings = cluster?.spec.rabbitmq.additionalConfig.split('\n') ?? [];
  expect(settings.length).toBeGreaterThan(0);
  // One that it does not know ends it.
  const broker = await startBroker(undefined, settings);
  onTestFinished(() => broker.stop());
  const connection = await connect(broker.url);
  await connection.close();
});
