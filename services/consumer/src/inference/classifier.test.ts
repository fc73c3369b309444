import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Classifier } from './classifier.ts';
import { readModelSettings } from './model-settings.ts';

const ownModel = fileURLToPath(new URL('../../models/colours.onnx', import.meta.url));
let folder: string;
let open: Classifier | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-model-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => open?.close());

function openClassifier(env: Record<string, string> = {}): Classifier {
  open = new Classifier(readModelSettings(env));
  return open;
}

function plain(colour: string): Promise<Buffer> {
  return sharp({ create: { width: 300, height: 200, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();
}

describe('the model that Heddle brings', () => {
  const classifier = new Classifier(readModelSettings({}));
  afterAll(() => classifier.close());

  it('tells colours', async () => {
    for (const [label, colour] of [
      ['red', '#c81e23'],
      ['blue', '#2d5abe'],
      ['white', '#ffffff'],
    ] as const) {
      const [best, ...others] = await classifier.classify(await plain(colour), 3);
      expect(best?.label).toBe(label);
      expect(best?.probability).toBeGreaterThan(0.9);
      expect(others).toHaveLength(2);
    }
  });

  it('says how much of a picture has which colour', async () => {
    const green = { create: { width: 224, height: 224, channels: 3, background: '#3c913c' } } as const;
    const yellow = { create: { width: 56, height: 224, channels: 3, background: '#f0d73c' } } as const;
    const input = await sharp(yellow).png().toBuffer();
    const flag = await sharp(green)
      .composite([{ input, left: 0, top: 0 }])
      .png()
      .toBuffer();
    const [most, less] = await classifier.classify(flag, 2);
    expect([most?.label, less?.label]).toEqual(['green', 'yellow']);
    expect(most?.probability).toBeCloseTo(0.75, 1);
    expect(less?.probability).toBeCloseTo(0.25, 1);
  });

  it('answers pictures that come together with what it answers each alone', async () => {
    const pictures = await Promise.all(['#c81e23', '#2d5abe', '#78329a', '#3c913c', '#101010'].map(plain));
    const alone = [];
    for (const picture of pictures) alone.push(await classifier.classify(picture, 11));
    const together = await Promise.all(pictures.map((picture) => classifier.classify(picture, 11)));
    expect(together.map(([best]) => best?.label)).toEqual(alone.map(([best]) => best?.label));
  });

  it('refuses what is no picture without holding up the others', async () => {
    const picture = await plain('#c81e23');
    const refused = classifier.classify(Buffer.from('no picture'), 1);
    const answered = classifier.classify(picture, 1);
    await expect(refused).rejects.toMatchObject({ code: 'image_unrecognised' });
    expect((await answered)[0]?.label).toBe('red');
  });
});

describe('a model of one’s own', () => {
  it('gives numbers when there are no labels', async () => {
    const classifier = openClassifier({ HEDDLE_MODEL: ownModel });
    expect((await classifier.classify(await plain('#141414'), 1))[0]?.label).toBe('0');
  });

  it('needs as many labels as it has outputs', async () => {
    const labels = join(folder, 'few.txt');
    await writeFile(labels, 'one\ntwo\n');
    const classifier = openClassifier({ HEDDLE_MODEL: ownModel, HEDDLE_LABELS: labels });
    await expect(classifier.load()).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('expected 11 labels'),
    });
  });

  it.each([
    ['is not there', join('/', 'nowhere.onnx')],
    ['is no model', fileURLToPath(import.meta.url)],
  ])('says so when it %s', async (_, path) => {
    const loading = openClassifier({ HEDDLE_MODEL: path }).load();
    await expect(loading).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining(path),
    });
  });

  it('is taken anew from its files, and stays as it was when that fails', async () => {
    const [model, labels] = [join(folder, 'own.onnx'), join(folder, 'own.txt')];
    await copyFile(ownModel, model);
    const names = (prefix: string) =>
      Array.from({ length: 11 }, (_, index) => `${prefix}${index}`).join('\n');
    await writeFile(labels, names('a'));
    const classifier = openClassifier({ HEDDLE_MODEL: model, HEDDLE_LABELS: labels });
    const black = await plain('#141414');
    expect((await classifier.classify(black, 1))[0]?.label).toBe('a0');
    await writeFile(labels, names('b'));
    const [meanwhile] = await Promise.all([classifier.classify(black, 1), classifier.reload()]);
    expect(meanwhile[0]?.label).toBe('a0');
    expect((await classifier.classify(black, 1))[0]?.label).toBe('b0');
    await writeFile(model, 'torn');
    await expect(classifier.reload()).rejects.toMatchObject({ code: 'model_unavailable' });
    expect((await classifier.classify(black, 1))[0]?.label).toBe('b0');
  });
});
