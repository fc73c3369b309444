import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { builtInModule } from '../registry/load-tasks.ts';
import { imageClassify } from '../tasks/image-classify.ts';
import { keepModel } from './keep-model.ts';
import { readModelSettings } from './model-settings.ts';

const model = fileURLToPath(new URL('../../models/colours.onnx', import.meta.url));
const tasks = new Map([['image.classify', { task: imageClassify, module: builtInModule }]]);
let end: (() => Promise<void>) | undefined;
afterEach(() => end?.());

it('the model is loaded before the first job if the settings name one, and anew when the process gets SIGHUP', async () => {
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  end = await keepModel(tasks, readModelSettings({ HEDDLE_MODEL: model }), log);
  expect(said).toEqual(['the model is loaded']);
  process.kill(process.pid, 'SIGHUP');
  while (said.length < 2) await pause(10);
  expect(said.at(-1)).toBe('the model is loaded anew');
});

it('labels without a model stop the worker at its start, not each of its jobs', async () => {
  const none = () => undefined;
  const log = { debug: none, info: none, warn: none, error: none };
  const settings = { ...readModelSettings({}), HEDDLE_LABELS: '/labels.txt' };
  await expect(keepModel(tasks, settings, log)).rejects.toThrow('HEDDLE_LABELS: expected HEDDLE_MODEL too');
});
