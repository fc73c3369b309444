import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
let scratch: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'heddle-demo-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

/** Runs the demo with a data folder of its own; resolves with its exit code and all that it printed. */
async function runDemo(folder?: string): Promise<{ code: number | null; output: string }> {
  const { AMQP_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, 'scripts/demo.mjs'), ...(folder ? [folder] : [])], {
    env: { ...env, HEDDLE_DATA: scratch, HEDDLE_HTTP_PORT: '0', HEDDLE_OPS_PORT: '0', npm_execpath: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

it('makes three thumbnails of every sample that is a picture we open, and says why it refused the others', async () => {
  const { code, output } = await runDemo();
  expect(output).toContain('45 thumbnails of 15 images');
  expect(output).toMatch(/image_format_refused: 2\n\s+hills\.svg .*SVG.*\n\s+weave\.tiff .*TIFF/);
  expect(code).toBe(0);
  expect(readdirSync(join(root, 'out', 'hills.jpg')).toSorted()).toEqual(['128.png', '32.png', '64.png']);
});

it('refuses a file that is no picture without failing', async () => {
  const folder = join(scratch, 'pictures');
  await mkdir(folder);
  await writeFile(join(folder, 'letter.jpg'), 'Dear Sir or Madam');
  const { code, output } = await runDemo(folder);
  expect(output).toContain('image_unrecognised: 1');
  expect(code).toBe(0);
});

it('says what it expected when the folder is none', async () => {
  const { code, output } = await runDemo(join(scratch, 'nowhere'));
  expect(output).toContain('expected a folder with images');
  expect(code).toBe(1);
});
