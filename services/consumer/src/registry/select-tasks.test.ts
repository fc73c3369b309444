import { describe, expect, it } from 'vitest';
import { builtFile } from '../../../../test/support/built-file.ts';
import { builtInTasks } from '../tasks/built-in-tasks.ts';
import { selectTasks } from './select-tasks.ts';

const fixture = (name: string) => builtFile(new URL(`../../test/tasks/${name}`, import.meta.url));
const own = fixture('own-tasks.ts');
const names = async (setting: string) => [...(await selectTasks(setting)).keys()].toSorted();

describe('HEDDLE_TASKS', () => {
  it('left empty means all tasks that are built in', async () => {
    const all = builtInTasks.map(({ name }) => name).toSorted();
    expect(all).toContain('debug.echo');
    expect(await names('')).toEqual(all);
    expect(await names(' , ')).toEqual(all);
  });

  it('takes names and patterns', async () => {
    expect(await names('debug.echo')).toEqual(['debug.echo']);
    expect(await names('image.*, debug.s*')).toEqual([
      'debug.sleep',
      'debug.sum',
      'image.classify',
      'image.thumbnail',
    ]);
    expect(await names('*')).toHaveLength(builtInTasks.length);
  });

  it("takes modules of a user's own, with all tasks that they export, alone or in lists", async () => {
    expect(await names(own)).toEqual(['own.first', 'own.second', 'own.third']);
    expect(await names(`${own},debug.echo`)).toContain('debug.echo');
    expect(await names(`${own},own.first`)).toHaveLength(3);
  });

  it('remembers which module a task came from', async () => {
    const tasks = await selectTasks(`${own},debug.echo`);
    expect(tasks.get('own.first')?.module).toMatch(/^file:.*own-tasks\.js$/);
    expect(tasks.get('debug.echo')?.module).toMatch(/^file:.*built-in-tasks\.js$/);
  });

  it('refuses a name that nobody has, and names those there are', async () => {
    await expect(selectTasks('debug.ecko')).rejects.toMatchObject({
      code: 'unknown_task',
      message: expect.stringMatching(
        /no task is called "debug.ecko"; there are (.*, )?debug\.crash, (.*, )?debug\.echo/,
      ) as string,
    });
    await expect(selectTasks('debug_echo')).rejects.toMatchObject({ code: 'unknown_task' });
  });

  it('refuses a module that cannot be loaded or exports no task', async () => {
    await expect(selectTasks('./nowhere.js')).rejects.toMatchObject({
      code: 'invalid_task',
      message: expect.stringMatching(/nowhere\.js cannot be loaded/) as string,
    });
    await expect(selectTasks(fixture('limited.ts'))).rejects.toMatchObject({
      code: 'invalid_task',
      message: expect.stringMatching(/exports no task/) as string,
    });
  });

  it('refuses one name for two tasks', async () => {
    await expect(selectTasks(`${own},${fixture('clashing-tasks.ts')}`)).rejects.toMatchObject({
      code: 'invalid_task',
      message: expect.stringMatching(/"own.first" is defined twice/) as string,
    });
  });
});
