import { defineTask } from '@heddle/client';
import { taskAnnouncementSchema } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { builtInTasks } from '../tasks/built-in-tasks.ts';
import { describeTask } from './describe-task.ts';

describe('describeTask', () => {
  it.each(builtInTasks.map((task) => [task.name, task] as const))(
    'describes %s for the recorder',
    (_, task) => {
      expect(taskAnnouncementSchema.safeParse(describeTask(task)).error).toBeUndefined();
    },
  );

  it('describes inputs as clients send them and results as they get them', () => {
    const task = defineTask({
      name: 'math.double',
      description: 'Doubles.',
      input: z.object({ n: z.string().transform(Number), unit: z.string().default('m') }),
      output: z.object({ n: z.number() }),
      timeout: '10s',
      pool: 'thread',
      run: () => ({ n: 1 }),
    });
    expect(describeTask(task)).toEqual({
      name: 'math.double',
      description: 'Doubles.',
      pool: 'thread',
      timeoutMs: 10_000,
      body: 'json',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { n: { type: 'string' }, unit: { type: 'string', default: 'm' } },
        required: ['n'],
      },
      outputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { n: { type: 'number' } },
        required: ['n'],
        additionalProperties: false,
      },
    });
  });

  it("leaves open what JSON Schema cannot say, and zod's own names out", () => {
    const input = z
      .object({ when: z.date(), inner: z.object({}).meta({ id: 'Inner' }) })
      .meta({ id: 'Outer' });
    const described = describeTask(defineTask({ name: 'time.set', input, run: () => 1 }));
    expect(described.inputSchema).toMatchObject({ $defs: { Outer: { properties: { when: {} } } } });
    expect(JSON.stringify(described.inputSchema)).not.toMatch(/"id":/);
  });
});
