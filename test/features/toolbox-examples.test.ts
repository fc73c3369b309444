import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runLines, shellLines } from '../support/run-lines.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { sharedStack } from '../support/shared-stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PRINTED_BROKER = 'amqp://guest:guest@127.0.0.1:5672';

describe('the examples of the concurrency toolbox, as their pages have them', () => {
  const stack = sharedStack();
  let worker: ServiceProcess;

  beforeAll(async () => {
    const own = ['15-downloads/download.js', '16-primes-and-squares/square.js'];
    worker = await stack.startWorker(own.map((file) => join(root, 'examples', file)).join(','));
  });
  afterAll(() => worker?.stop());

  /** Runs a page; the lines that it printed. */
  async function run(name: string): Promise<string[]> {
    const page = readFileSync(join(root, 'examples', name, 'README.md'), 'utf8');
    const commands = shellLines(page).map((line) => line.replaceAll(PRINTED_BROKER, stack.amqpUrl));
    const [output = ''] = await runLines(commands, root);
    return output.trim().split('\n');
  }

  test('10: no car drives before the light is green, then all do', async () => {
    const lines = await run('10-traffic-light');
    expect(lines.slice(0, 4).toSorted()).toEqual([
      'blue Volvo: stops',
      'old Trabant: stops',
      'red Fiat: stops',
      'the light turns green',
    ]);
    expect(lines[3]).toBe('the light turns green');
    expect(lines.slice(4).toSorted()).toEqual([
      'blue Volvo: drives',
      'old Trabant: drives',
      'red Fiat: drives',
    ]);
  });

  test('11: never more than five of twenty guests are in the door', async () => {
    const lines = await run('11-door');
    let inside = 0;
    for (const line of lines) {
      inside += line.startsWith('in ') ? 1 : -1;
      expect(inside).toBeLessThanOrEqual(5);
    }
    expect(inside).toBe(0);
    expect(new Set(lines).size).toBe(40);
  });

  test('12: fifteen beats, and none that was stopped', async () => {
    const beats = Array.from({ length: 15 }, (_, n) => `beat ${n + 1}`);
    expect(await run('12-heartbeats')).toEqual([...beats, 'stopped']);
  });

  test('13: ten results make one', async () => {
    const lines = await run('13-gather-results');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('primes below a million: 78498');
  });

  test('14: callbacks for what succeeds, fails and is cancelled', async () => {
    expect((await run('14-done-callbacks')).toSorted()).toEqual([
      'debug.echo: "hello"',
      'debug.echo: cancelled',
      'debug.fail: no luck',
    ]);
  });

  test('15: the slow download is not there in time, and there in the end', async () => {
    const [notYet, ...sizes] = await run('15-downloads');
    expect(notYet).toContain('slow');
    expect(sizes).toEqual(['one: 4000 bytes', 'three: 6000 bytes', 'slow: 5000 bytes']);
  });

  test('16: primes and their squares', async () => {
    const lines = await run('16-primes-and-squares');
    expect(lines).toHaveLength(15);
    expect(lines[0]).toBe('2 is prime, its square is 4');
    expect(lines.at(-1)).toBe('47 is prime, its square is 2209');
  });

  test('17: remainders come off the stack in the other order', async () => {
    expect(await run('17-binary')).toEqual(['2026 is 11111101010']);
  });

  test('18: every part is used once, and then the line is done', async () => {
    const lines = await run('18-production-line');
    const used = lines.slice(0, -1).map((line) => Number(line.split(' ').at(-1)));
    expect(used.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(lines.at(-1)).toBe('every part is used');
  });

  test('19: nobody runs before all are ready', async () => {
    const lines = await run('19-race');
    expect(lines.slice(0, 4).every((line) => line.endsWith('is ready'))).toBe(true);
    const places = lines.slice(4).map((line) => Number(/number (\d)/.exec(line)?.[1]));
    expect(places.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });

  test('20: the account has enough before it is drawn on', async () => {
    const deposits = ['deposit 20: 20', 'deposit 20: 40', 'deposit 20: 60'];
    expect(await run('20-bank')).toEqual([...deposits, 'withdraw 50: 10']);
  });

  test('21: five and zero, in turns', async () => {
    const round = [...[1, 2, 3, 4, 5].map((n) => `add: ${n}`), ...[4, 3, 2, 1, 0].map((n) => `take: ${n}`)];
    expect(await run('21-five-and-zero')).toEqual([...round, ...round]);
  });

  test('22: two locks in the wrong order are found, and both get on', async () => {
    const lines = await run('22-two-locks');
    const refused = lines.find((line) => line.includes('deadlock')) ?? '';
    const [, who = ''] = /^(Ada|Ben) is refused lock\.(?:fork|knife): deadlock: /.exec(refused) ?? [];
    const other = who === 'Ada' ? 'Ben' : 'Ada';
    expect(refused).toMatch(/Ada waits for lock\.knife, which Ben holds/);
    expect(refused).toMatch(/Ben waits for lock\.fork, which Ada holds/);
    // Who is refused says so when it has let go, which is when the other one eats.
    expect(lines.filter((line) => line !== refused)).toEqual([`${other} eats`, `${who} eats`]);
  });
});
