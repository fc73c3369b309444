import { expect, test } from 'vitest';
import { topologyObjects } from '../../../generate/kubernetes/topology-objects.ts';
import type { Manifest } from './build-manifests.ts';
import { faultsOfManifest } from './validate-manifest.ts';

test('objects for tasks with limits, lanes and partitions fit their schemas, and have names of Kubernetes', () => {
  const made = topologyObjects(['mail.send:concurrency:rate=1m:lanes=2', 'ledger.deposit:2', 'debug.echo']);
  const objects = Object.values(made).flat();
  expect(objects.flatMap((object) => faultsOfManifest(object as unknown as Manifest))).toEqual([]);
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(names.filter((name) => !/^\w+ [a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(
    expect.arrayContaining([
      'Queue heddle.tokens.rates.mail.send.60000',
      'Queue heddle.ledger.slots.mail.send',
      'Queue heddle.rest.60000',
      'Binding heddle.lanes--mail.send-1--heddle.lanes.mail.send.1',
      'TopicPermission consumer.heddle.lanes',
    ]),
  );
});
