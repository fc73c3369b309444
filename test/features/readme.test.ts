import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runLines } from '../support/run-lines.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { sharedStack } from '../support/shared-stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const PRINTED_ADDRESS = 'http://127.0.0.1:8080';

/** The one `sh` block of the README that has curl lines, without its comments. */
const block = [...readme.matchAll(/```sh\n([^]*?)```/g)]
  .map(([, text = '']) => text)
  .find((text) => text.includes('curl'));
const lines = (block ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const module = /```js\n([^]*?)```/.exec(readme)?.[1] ?? '';

describe("README's lines", () => {
  const { api, startWorker } = sharedStack();
  let folder: string;
  let worker: ServiceProcess;
  /** What each line printed. */
  let outputs: string[];

  beforeAll(async () => {
    // Inside the clone, where the task's module finds what it imports.
    mkdirSync(join(root, '.heddle'), { recursive: true });
    folder = mkdtempSync(join(root, '.heddle/readme-'));
    symlinkSync(join(root, 'samples'), join(folder, 'samples'));
    const shout = join(folder, 'shout.mjs');
    writeFileSync(shout, module);
    worker = await startWorker(shout);
    outputs = await runLines(
      lines.map((line) => line.replaceAll(PRINTED_ADDRESS, api.url)),
      folder,
    );
  });
  afterAll(async () => {
    await worker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the line that contains this text printed, as JSON. */
  function jsonOf(text: string, which = 0): unknown {
    const index = lines.flatMap((line, at) => (line.includes(text) ? [at] : []))[which];
    if (index === undefined) throw new Error(`expected a line with ${text} in README.md, got none`);
    return JSON.parse(outputs[index] ?? '');
  }

  test('are there, and each names the address that npm start prints', () => {
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.filter((line) => !line.includes(PRINTED_ADDRESS))).toEqual([]);
  });

  test('run a job and wait for its result', () => {
    expect(jsonOf('hello')).toMatchObject({ state: 'succeeded', result: { hello: 'world' } });
  });

  test('submit a job, show it and follow its events to the end', () => {
    expect(jsonOf(':8080$job')).toMatchObject({ task: 'debug.sleep', priority: 9, tags: ['readme'] });
    const events = outputs[lines.findIndex((line) => line.includes('$job/events'))];
    expect(events).toMatch(/^event: snapshot$/m);
    // On a busy machine it has ended before the next line asks.
    expect(events).toMatch(/^event: succeeded$|"state":"succeeded"/m);
  });

  test('make a thumbnail and fetch it', () => {
    const png = readFileSync(join(folder, '128.png'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.length).toBeGreaterThan(1_000);
  });

  test('submit in bulk', () => {
    const answer = outputs[lines.findIndex((line) => line.includes('/bulk'))] ?? '';
    const answers = answer
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as unknown);
    expect(answers).toEqual([
      { line: 1, id: expect.any(String) },
      { line: 2, id: expect.any(String) },
    ]);
  });

  test('give the same job for the same request', () => {
    const [first, second] = [jsonOf('readme-1', 0), jsonOf('readme-1', 1)] as { id: string }[];
    expect(second?.id).toBe(first?.id);
  });

  test('define a task that runs, and whose input the gateway checks', async () => {
    const shout = (input: unknown) =>
      api.call('POST', '/v1/jobs', { task: 'text.shout', input }, { prefer: 'wait=80' });
    expect((await shout({ text: 'hello' })).body).toMatchObject({ result: { text: 'HELLO' } });
    expect((await shout({ text: 1 })).status).toBe(422);
  });

  test('search, and list tasks and workers', () => {
    expect(jsonOf('tag=readme')).toMatchObject({ jobs: [{ task: 'debug.sleep' }], next: null });
    expect(jsonOf('/v1/tasks')).toMatchObject({ tasks: expect.arrayContaining([]) });
    expect(jsonOf('/v1/workers')).toHaveProperty('workers');
  });
});
