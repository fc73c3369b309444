import { HeddleError } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { dead, describeThrown, failed } from './outcome.ts';

describe('describeThrown', () => {
  it('keeps the code, message and issues of our own errors, without a stack', () => {
    const issues = [{ path: 'input.n', message: 'expected a number' }];
    const error = new HeddleError('invalid_input', 'bad', { issues });
    expect(describeThrown(error)).toEqual({ code: 'invalid_input', message: 'bad', issues });
  });

  it("takes a foreign error's code, and task_failed if it has none worth having", () => {
    const thrown = (code: unknown) => describeThrown(Object.assign(new Error('no'), { code })).code;
    expect(thrown('ENOENT')).toBe('ENOENT');
    expect(thrown(undefined)).toBe('task_failed');
    expect(thrown(42)).toBe('task_failed');
    expect(thrown('')).toBe('task_failed');
    expect(thrown('a\0b')).toBe('task_failed');
    expect(thrown('x'.repeat(101))).toBe('task_failed');
  });

  it('keeps a stack within bounds', () => {
    const error = new Error('x'.repeat(20_000));
    const described = describeThrown(error);
    expect(described.message).toHaveLength(10_000);
    expect(described.stack).toHaveLength(4_000);
  });

  it('describes what is no error', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(describeThrown('no')).toEqual({ code: 'task_failed', message: 'the handler threw "no"' });
    expect(describeThrown(undefined).message).toBe('the handler threw undefined');
    expect(describeThrown(circular).message).toBe('the handler threw something that is no error');
  });
});

describe('outcomes', () => {
  it('tell a refusal from an end that nobody chose', () => {
    expect(failed(new Error('no'))).toMatchObject({ state: 'failed', error: { code: 'task_failed' } });
    expect(dead('crashed', 'gone')).toEqual({ state: 'dead', error: { code: 'crashed', message: 'gone' } });
  });
});
