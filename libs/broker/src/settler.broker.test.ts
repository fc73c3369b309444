import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { builtFile } from '../../../test/support/built-file.ts';
import { idsFrom, openBroker, publishJobs, TASK } from '../test/open-broker.ts';

const JOBS = 3_000;
const script = builtFile(new URL('../test/consume-until-killed.ts', import.meta.url));

/** Runs the worker until it has written that many lines of a kind, then kills it. Resolves with what it wrote. */
async function runUntilKilled(url: string, acks: number): Promise<{ held: string[]; acking: string[] }> {
  const child = spawn(process.execPath, [script, url, TASK], { stdio: ['ignore', 'pipe', 'inherit'] });
  const written = { held: [] as string[], acking: [] as string[] };
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const [kind, id = ''] = line.split(' ');
    written[kind === 'held' ? 'held' : 'acking'].push(id);
    if (written.acking.length === acks) child.kill('SIGKILL');
  });
  await new Promise((resolve) => lines.once('close', resolve));
  return written;
}

it('a worker that is killed takes no message with it: what it held comes again, what it settled does not', async () => {
  const { broker, vhost } = await openBroker();
  const ids = idsFrom(0, JOBS);
  await publishJobs(broker, ids);
  const finished = new Set<string>();
  const settledEarly = new Set<string>();
  let heldByTheDead = new Set<string>();
  for (let round = 0; round < 3; round++) {
    // It holds a tenth for ever, so that at most 100 held ones stop it.
    const { held, acking } = await runUntilKilled(vhost.url, 700);
    for (const id of acking) finished.add(id);
    for (const id of held) heldByTheDead.add(id);
    for (const id of acking) {
      expect(settledEarly.has(id), `${id} was settled long before an earlier worker was killed`).toBe(false);
    }
    // The last hundred or so may not have reached the broker before the kill.
    for (const id of acking.slice(0, -200)) settledEarly.add(id);
    heldByTheDead = new Set([...heldByTheDead].filter((id) => !finished.has(id)));
  }

  const rest = new Map<string, number>();
  await broker.consume(`heddle.jobs.${TASK}`, { prefetch: 100 }, (delivery) => {
    const id = delivery.message.properties.messageId ?? '';
    rest.set(id, (rest.get(id) ?? 0) + 1);
    delivery.ack();
  });
  await expect.poll(() => new Set([...finished, ...rest.keys()]).size).toBe(JOBS);
  expect([...heldByTheDead].filter((id) => !rest.has(id))).toEqual([]);
  expect([...rest.keys()].filter((id) => settledEarly.has(id))).toEqual([]);
  expect([...rest.values()].every((times) => times === 1)).toBe(true);
  await broker.close();
  const after = await openBroker({ vhost });
  expect(await after.broker.countMessages(`heddle.jobs.${TASK}`)).toBe(0);
}, 120_000);
