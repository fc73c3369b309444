import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runDemo } from '../support/run-demo.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'heddle-demo-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

it('makes three thumbnails of every sample that is a picture we open, and says why it refused the others', async () => {
  const { code, output } = await runDemo(data);
  expect(output).toContain('45 thumbnails of 15 images');
  expect(output).toMatch(/image_format_refused: 2\n\s+hills\.svg .*SVG.*\n\s+weave\.tiff .*TIFF/);
  expect(code).toBe(0);
  expect(readdirSync(join(root, 'out', 'hills.jpg')).toSorted()).toEqual(['128.png', '32.png', '64.png']);
});

it('stops what it has started when it is interrupted before the first image', async () => {
  // Its broker boots, and its services are still to come.
  const { code, output } = await runDemo(data, { interruptAt: 'broker … ' });
  expect(output).toContain('stopped before the first image');
  expect(code).toBe(130);
  // The note beside a node goes when the node has gone.
  expect(existsSync(join(data, 'broker', 'node.json'))).toBe(false);
});
