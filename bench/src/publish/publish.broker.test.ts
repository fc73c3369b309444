import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { CleanUp } from '../harness/clean-up.ts';
import { runBenchmark } from '../run-benchmark.ts';
import { publish } from './publish.ts';

let vhost: TestVhost;
beforeAll(async () => {
  vhost = await createVhost();
});
afterAll(() => vhost.drop());

const settings = () => ({ amqpUrl: vhost.url, rounds: 2, scale: 0.01, folder: undefined });

test('a small run measures both contestants in every round and leaves nothing behind', async () => {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const [outcome] = await runBenchmark(publish, settings(), new CleanUp(say), say);

  expect(outcome?.ours.rounds).toHaveLength(2);
  expect(outcome?.reference?.rounds).toHaveLength(2);
  expect(outcome?.ratio).toBeGreaterThan(0);
  expect(said.filter((line) => line.startsWith('cleaning up'))).toEqual([]);
  expect(await vhost.listQueues()).toEqual([]);
  // The broker counts a connection until some moments after its farewell.
  await expect.poll(() => vhost.countConnections()).toBe(0);
});

test('it does not run where a Heddle lives, and leaves that one alone', async () => {
  const first = new CleanUp(() => undefined);
  const session = { ...settings(), dataFolder: '', cleanUp: first, say: () => undefined };
  await publish.prepare(session);
  const before = (await vhost.listQueues()).length;
  const second = new CleanUp(() => undefined);
  await expect(runBenchmark(publish, settings(), second, () => undefined)).rejects.toThrow(
    'expected a virtual host without Heddle',
  );
  expect((await vhost.listQueues()).length).toBe(before);
  await first.run();
});
