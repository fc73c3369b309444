import { HeddleError, type RecorderReplies } from '@heddle/contracts';
import { describe, expect, it, vi } from 'vitest';
import { echoTask } from '../../test/scripted-gateway.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { KnownTasks } from './known-tasks.ts';

type Tasks = RecorderReplies['tasks']['tasks'];

function scripted(answer: () => Promise<Tasks>) {
  const warn = vi.fn();
  const asked = vi.fn(async () => ({ tasks: await answer() }));
  const log = { debug: () => {}, info: () => {}, warn, error: () => {} };
  const recorder = { ask: asked as unknown as GatewayParts['recorder']['ask'] };
  return { tasks: new KnownTasks(recorder, log), asked, warn };
}

const announced = (name: string, inputSchema: Record<string, unknown> = {}): Tasks[number] => ({
  ...echoTask,
  name,
  inputSchema,
  announcedAt: 0,
});

describe('KnownTasks', () => {
  it('leaves the check to the worker when a schema cannot be compiled', async () => {
    const { tasks, warn } = scripted(async () => [
      announced('a.bad', { type: 'nonsense' }),
      announced('a.good'),
    ]);
    const bad = await tasks.find('a.bad');
    expect(() => bad.checkInput({ anything: 1 })).not.toThrow();
    expect(warn).toHaveBeenCalledOnce();
    expect((await tasks.find('a.good')).announcement.name).toBe('a.good');
  });

  it('compiles a schema once, whatever is announced again', async () => {
    const { tasks } = scripted(async () => [announced('a.b', { type: 'string' })]);
    const first = await tasks.find('a.b');
    tasks.refresh();
    await vi.waitFor(() => expect(tasks.get('a.b')).not.toBe(first), { timeout: 30_000 });
    expect(tasks.get('a.b')?.checkInput).toBe(first.checkInput);
  });

  it('asks for an unknown task, but not for each request', async () => {
    const { tasks, asked } = scripted(async () => []);
    for (let n = 0; n < 20; n++) await expect(tasks.find('a.b')).rejects.toThrow('GET /v1/tasks');
    expect(asked).toHaveBeenCalledOnce();
  });

  it('says that the recorder is away while it has never answered, instead of calling a task unknown', async () => {
    const { tasks } = scripted(async () => {
      throw new HeddleError('recorder_unavailable', 'away');
    });
    await expect(tasks.find('a.b')).rejects.toThrow(
      expect.objectContaining({ code: 'recorder_unavailable' }),
    );
    expect(tasks.loaded).toBe(false);
  });

  it.each([
    ['broker_unavailable', 0],
    ['recorder_unavailable', 1],
  ] as const)(
    'that cannot be loaded for %s are warned of %i times: the connection tells of itself',
    async (code, times) => {
      const { tasks, asked, warn } = scripted(async () => {
        throw new HeddleError(code, 'away');
      });
      tasks.refresh();
      await vi.waitFor(() => expect(asked.mock.settledResults[0]?.type).toBe('rejected'), {
        timeout: 30_000,
      });
      await expect(tasks.find('a.b')).rejects.toThrow('away');
      tasks.stop();
      expect(warn).toHaveBeenCalledTimes(times);
    },
  );

  it('takes news that comes while it is loading for another round', async () => {
    const answers: ((tasks: Tasks) => void)[] = [];
    const { tasks } = scripted(() => new Promise((resolve) => answers.push(resolve)));
    tasks.refresh();
    tasks.refresh();
    await vi.waitFor(() => expect(answers).toHaveLength(1), { timeout: 30_000 });
    answers[0]?.([]);
    await vi.waitFor(() => expect(answers).toHaveLength(2), { timeout: 30_000 });
    answers[1]?.([announced('a.new')]);
    await vi.waitFor(() => expect(tasks.get('a.new')).toBeDefined(), { timeout: 30_000 });
  });
});
