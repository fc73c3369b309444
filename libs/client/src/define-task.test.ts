import { HeddleError } from '@heddle/contracts';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineTask, isTask, type Task } from './define-task.ts';
import type { TaskContext } from './task-context.ts';

const input = z.object({ n: z.number(), unit: z.string().default('m') });

describe('defineTask', () => {
  it('fills in the defaults', () => {
    const task = defineTask({ name: 'math.double', input, run: (context) => context.input.n * 2 });
    expect(task).toMatchObject({
      name: 'math.double',
      body: 'json',
      pool: 'event-loop',
      timeoutMs: 300_000,
      concurrency: undefined,
    });
  });

  it('takes durations as text and as milliseconds', () => {
    const withTimeout = (timeout: string | number) =>
      defineTask({ name: 'math.double', input, timeout, run: () => 1 });
    expect(withTimeout('30s').timeoutMs).toBe(30_000);
    expect(withTimeout(1_500).timeoutMs).toBe(1_500);
  });

  it('knows which errors may come: those that it names, and those that have a retry policy of their own', () => {
    const named = { name: 'test.errors', input: z.null(), run: () => null };
    const task = defineTask({
      ...named,
      errorCodes: ['out_of_luck', 'not_found'],
      retry: { codes: { not_found: { attempts: 1 } } },
    });
    expect(task.errorCodes).toEqual(['not_found', 'out_of_luck']);
    expect(defineTask(named).errorCodes).toEqual([]);
    const tooMany = Array.from({ length: 31 }, (_, index) => `code_${index}`);
    for (const errorCodes of [['not a code'], tooMany])
      expect(() => defineTask({ ...named, errorCodes })).toThrow(/errorCodes/);
  });

  it('infers input and result from the schema and the handler', () => {
    const task = defineTask({
      name: 'math.double',
      input,
      run: async (context) => {
        expectTypeOf(context).toEqualTypeOf<TaskContext<{ n: number; unit: string }>>();
        return { doubled: context.input.n * 2 };
      },
    });
    type Result = { doubled: number };
    expectTypeOf(task.run).returns.toEqualTypeOf<Promise<Result> | Result>();
    const sent: z.input<typeof task.input> = { n: 1 };
    expect(task.input.parse(sent)).toEqual({ n: 1, unit: 'm' });
  });

  it('holds the handler to the output schema', () => {
    defineTask({
      name: 'math.double',
      input,
      output: z.object({ doubled: z.number() }),
      // @ts-expect-error -- the result is a string where the schema says number
      run: () => ({ doubled: 'two' }),
    });
  });

  it('gives tasks that fit into a list of any tasks', () => {
    const tasks: Task[] = [
      defineTask({ name: 'math.double', input, run: (context) => context.input.n * 2 }),
      defineTask({ name: 'text.upper', input: z.string(), run: ({ input }) => input.toUpperCase() }),
    ];
    expect(tasks.every(isTask)).toBe(true);
  });

  it.each([
    ['a name without a dot', { name: 'double' }, 'name: expected dotted lower-case words'],
    ['a name with a wildcard', { name: 'math.*' }, 'name: expected dotted lower-case words'],
    ['a timeout without a unit', { timeout: '30' }, 'timeout: expected a duration such as'],
    ['a timeout of nothing', { timeout: 0 }, 'timeout: expected 1 ms to 365 days, got 0 ms'],
    ['a concurrency of nothing', { concurrency: 0 }, 'concurrency: expected at least 1, got 0'],
    ['half a slot', { concurrency: 1.5 }, 'concurrency: expected a whole number, got 1.5'],
    [
      'an unknown pool',
      { pool: 'gpu' },
      'pool: expected one of "event-loop", "thread", "process"; got "gpu"',
    ],
    ['an input that is no schema', { input: { type: 'object' } }, 'input: expected a zod schema'],
    ['a handler that is no function', { run: 'echo' }, 'run: expected a function'],
    ['a misspelt field', { concurency: 2 }, 'concurency'],
  ])('refuses %s', (_, wrong, message) => {
    const define = () =>
      defineTask({ name: 'math.double', input, run: () => 1, ...wrong } as Parameters<typeof defineTask>[0]);
    expect(define).toThrow(HeddleError);
    expect(define).toThrow(message);
    expect(define).toThrow(expect.objectContaining({ code: 'invalid_task' }));
  });
});

describe('isTask', () => {
  it('tells tasks from other exports', () => {
    expect(isTask(defineTask({ name: 'math.double', input, run: () => 1 }))).toBe(true);
    for (const other of [null, undefined, 1, 'task', {}, () => 1, { name: 'math.double' }])
      expect(isTask(other)).toBe(false);
  });
});

describe('the key of a job', () => {
  const keyOf = (serialBy: (given: { n: number }) => unknown) =>
    defineTask({ name: 'math.double', input, serialBy: serialBy as () => string, run: () => 1 }).serial
      ?.keyOf;

  it.each([
    [undefined, 'expected string, got nothing'],
    ['', 'expected at least 1 characters, got 0'],
    ['x'.repeat(201), 'expected at most 200 characters, got 201'],
  ])('is not %j', (key, message) => {
    expect(() => keyOf(() => key)?.({ n: 7 })).toThrow(`serialBy of math.double: ${message}`);
  });

  it('is what the task says, as text', () => {
    expect(keyOf(({ n }) => n)?.({ n: 7 })).toBe('7');
    expect(keyOf(({ n }) => `account ${n}`)?.({ n: 7 })).toBe('account 7');
  });

  it.each([
    ['is empty', () => ''],
    ['is too long', () => 'x'.repeat(201)],
    ['is no text', () => undefined],
    [
      'is not to be had',
      () => {
        throw new Error('no account');
      },
    ],
  ])('is refused where it %s', (_, serialBy) => {
    expect(() => keyOf(serialBy)?.({ n: 7 })).toThrow(expect.objectContaining({ code: 'invalid_key' }));
  });
});
