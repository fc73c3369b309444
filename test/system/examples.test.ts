import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWebServer } from '../../services/consumer/test/web-server.ts';
import { runLines, shellLines } from '../support/run-lines.ts';
import { SystemStack } from '../support/system-stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const examples = join(root, 'examples');
const PRINTED_ADDRESS = 'http://127.0.0.1:8080';
const linesOf = (name: string) => shellLines(readFileSync(join(examples, name, 'README.md'), 'utf8'));

describe('the examples, as their pages have them', () => {
  let stack: SystemStack;

  beforeAll(async () => {
    stack = await SystemStack.start({
      services: ['gateway', 'recorder', 'consumer', 'producer'],
      tasks: `debug.*,image.*,math.*,data.*,web.*,ledger.*,tickets.*,${join(examples, '07-own-task/my-task.js')}`,
      env: {
        HEDDLE_FOLDERS: join(root, 'samples'),
        HEDDLE_WEB_ALLOW: '127.0.0.0/8',
        HEDDLE_WEB_PORTS: '1-65535',
      },
    });
    // The lines are meant for the clone; what they write goes beside it.
    for (const name of ['examples', 'samples', 'node_modules'])
      symlinkSync(join(root, name), join(stack.folder, name));
  });
  afterAll(() => stack?.stop());

  /** Runs a page; what each of its lines printed, as JSON where it is. */
  async function run(name: string): Promise<unknown[]> {
    const lines = linesOf(name).map((line) => line.replaceAll(PRINTED_ADDRESS, stack.api.url));
    const outputs = await runLines(lines, stack.folder);
    return outputs
      .slice(0, -1)
      .map((output) => (output.startsWith('{') ? (JSON.parse(output) as unknown) : output.trim()));
  }

  test('01: thumbnails of a folder, and none made twice when it is done again', async () => {
    const [first] = await run('01-files');
    expect(first).toContain('15 made, 2 refused');
    expect(first).toMatch(/hills\.svg: failed \(image_format_refused\)/);
    expect(readdirSync(join(stack.folder, 'thumbnails/hills.jpg')).toSorted()).toEqual([
      '128.png',
      '32.png',
      '64.png',
    ]);
    const jobs = async () =>
      ((await stack.api.get('/v1/jobs?task=image.thumbnail&limit=200')) as { jobs: [] }).jobs;
    const before = (await jobs()).length;
    expect(await run('01-files')).toMatchObject([expect.stringContaining('15 made, 2 refused')]);
    expect(await jobs()).toHaveLength(before);
  });

  test('02: a map, a chunked map, and a map and reduce', async () => {
    const [, map, , chunked, , counted] = await run('02-cpu');
    expect([map, chunked]).toEqual(['"state":"succeeded"', '"state":"succeeded"']);
    expect(counted).toBe('"result":{"sum":5761455,"count":10}');
  });

  test('03: a title and a file from the web', async () => {
    const [page, file] = await run('03-network');
    expect(page).toMatchObject({
      state: 'succeeded',
      result: { title: expect.stringContaining('Heddle'), status: 200 },
    });
    const { outputs, result } = file as { outputs: object[]; result: { sha256: string } };
    expect(outputs).toMatchObject([{ name: 'download', sha256: result.sha256 }]);
  });

  test('04: an account that adds up, a withdrawal that waits, seats that are sold once', async () => {
    const [, hundred, , , waited, refused, , sold] = await run('04-shared-state');
    expect(hundred).toMatchObject({ state: 'succeeded', result: { account: 'shared', balance: 100 } });
    expect(waited).toBe('succeeded');
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'insufficient_funds' } });
    expect(String(sold).split('\n')).toEqual([
      ...Array<string>(2).fill('"state":"failed"'),
      ...Array<string>(3).fill('"state":"succeeded"'),
    ]);
  });

  test('05: what a picture shows, at once and for a folder', async () => {
    const [answer, many, , progress, results] = await run('05-predictions');
    expect(answer).toMatchObject({ success: true, predictions: [{}, {}, {}] });
    expect(String(many).split('\n').toSorted()).toEqual(Array(6).fill('200'));
    expect(String(progress)).toMatch(/"total":17,"succeeded":15,"failed":2/);
    const { results: jobs } = results as { results: { state: string; result: unknown }[] };
    expect(jobs).toContainEqual(
      expect.objectContaining({
        state: 'succeeded',
        result: { file: 'hills.jpg', predictions: [expect.anything()] },
      }),
    );
  });

  test('03: five hundred pages at once, in one worker, on one thread', async () => {
    const held: (() => void)[] = [];
    const server = await startWebServer((_, answer) => {
      held.push(() => answer.end('<title>Hello</title>'));
      if (held.length === 500) for (const release of held) release();
    });
    const inputs = Array.from({ length: 500 }, (_, n) => ({ url: `${server.url}/${n}` }));
    const { body } = await stack.api.call('POST', '/v1/gather', {
      task: 'web.title',
      inputs,
      deadline: '60s',
    });
    const { results, complete } = body as { complete: boolean; results: { result: { title: string } }[] };
    expect(complete).toBe(true);
    expect(results.filter(({ result }) => result.title === 'Hello')).toHaveLength(500);
    expect(server.most()).toBe(500);
    await server.close();
  });

  test('06: many answers in one, and a file counted by chunks', async () => {
    const [gathered, counted] = await run('06-gather-and-aggregate');
    expect(gathered).toMatchObject({
      complete: false,
      results: [{ result: { prime: true } }, { result: 'b' }, { state: 'unfinished' }],
    });
    expect(counted).toMatchObject({ rows: 200, groups: [{}, {}, {}, {}] });
  });

  test("07: a task of one's own, checked in the gateway and described", async () => {
    const [quoted, refused, described] = await run('07-own-task');
    expect(quoted).toMatchObject({
      state: 'succeeded',
      result: { net: 700, vat: 175, total: 875 },
      outputs: [{ name: 'bill.txt' }],
    });
    expect(refused).toMatchObject({
      status: 422,
      code: 'invalid_input',
      errors: [{ path: 'input.items.0.cents' }],
    });
    expect(described).toBe('"Input.shop.quote"');
    await promisify(execFile)(process.execPath, ['--test'], { cwd: join(examples, '07-own-task') });
  });

  test('are all on the list', () => {
    const folders = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const list = readFileSync(join(examples, 'README.md'), 'utf8');
    expect(folders.map(({ name }) => name).filter((name) => !list.includes(`(${name}/README.md)`))).toEqual(
      [],
    );
  });
});
