import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { resolvePaths } from './resolve-paths.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const own = join(root, 'examples/07-own-task');

it("takes a module's path from where npm was called, or from the repository, and leaves names alone", () => {
  const { tasks } = resolvePaths({
    INIT_CWD: own,
    HEDDLE_TASKS: 'debug.*, ./my-task.js,examples/07-own-task/my-task.js,image.thumbnail',
  });
  const path = join(own, 'my-task.js');
  expect(tasks).toEqual({ HEDDLE_TASKS: `debug.*,${path},${path},image.thumbnail` });
});

it('names the place where npm was called for a module that is nowhere', () => {
  const { tasks } = resolvePaths({ INIT_CWD: own, HEDDLE_TASKS: './my-tsk.js' });
  expect(tasks).toEqual({ HEDDLE_TASKS: join(own, 'my-tsk.js') });
});

it('has the samples as the folder that batches may read, unless others are named', () => {
  expect(resolvePaths({ INIT_CWD: own })).toEqual({
    tasks: {},
    folders: { HEDDLE_FOLDERS: join(root, 'samples') },
  });
  const { folders } = resolvePaths({ INIT_CWD: root, HEDDLE_FOLDERS: '/photos,docs' });
  expect(folders).toEqual({ HEDDLE_FOLDERS: `/photos,${join(root, 'docs')}` });
});
