import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDemo } from '../support/run-demo.ts';
import { sharedStack } from '../support/shared-stack.ts';

const httpPort = new URL(sharedStack().api.url).port;
let scratch: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'heddle-demo-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

describe('the demo on a stack that answers already', () => {
  it('refuses a file that is no picture without failing', async () => {
    const folder = join(scratch, 'pictures');
    await mkdir(folder);
    await writeFile(join(folder, 'letter.jpg'), 'Dear Sir or Madam');
    const { code, output } = await runDemo(scratch, { folder, httpPort });
    expect(output).toContain('one answers already');
    expect(output).toContain('image_unrecognised: 1');
    expect(code).toBe(0);
  });

  it('says what it expected when the folder is none', async () => {
    const { code, output } = await runDemo(scratch, { folder: join(scratch, 'nowhere'), httpPort });
    expect(output).toContain('expected a folder with images');
    expect(code).toBe(1);
  });
});
