import { defineTask } from '@heddle/client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { someJob } from '../../test/held-delivery.ts';
import { checkJob, checkResult } from './check-job.ts';

const input = z.object({ n: z.number(), unit: z.string().default('m') });
const json = defineTask({
  name: 'math.double',
  input,
  output: z.object({ n: z.int() }),
  run: () => ({ n: 1 }),
});
const bytes = defineTask({ name: 'image.flip', body: 'bytes', input: z.object({}), run: () => 1 });
const picture = { body: Buffer.from('picture'), type: 'image/png' };

describe('checkJob', () => {
  it("fills in the schema's defaults", () => {
    expect(checkJob(someJob({ input: { n: 1 } }), json)).toEqual({ ok: true, input: { n: 1, unit: 'm' } });
  });

  it('names the path of what is wrong', () => {
    expect(checkJob(someJob({ input: { n: 'one' } }), json)).toMatchObject({
      ok: false,
      issues: [{ path: 'input.n' }],
    });
  });

  it('refuses bytes for a task that takes JSON, and JSON for one that takes bytes', () => {
    expect(checkJob(someJob({ input: { n: 1 }, bytes: picture }), json)).toEqual({
      ok: false,
      issues: [{ path: 'body', message: 'expected a JSON body, got a body of type "image/png"' }],
    });
    expect(checkJob(someJob({ input: {} }), bytes)).toMatchObject({ ok: false, issues: [{ path: 'body' }] });
    expect(checkJob(someJob({ input: {}, bytes: picture }), bytes)).toEqual({ ok: true, input: {} });
  });

  it('takes a schema that throws for a refusal', () => {
    const throwing = defineTask({
      name: 'math.double',
      input: z.string().transform((text) => JSON.parse(text) as unknown),
      run: () => 1,
    });
    expect(checkJob(someJob({ input: '{' }), throwing)).toMatchObject({
      ok: false,
      issues: [{ path: 'input', message: expect.stringContaining('the schema threw') as string }],
    });
  });
});

describe('checkResult', () => {
  it('gives what the schema makes of the result', () => {
    expect(checkResult(json, { n: 2, extra: true })).toEqual({ n: 2 });
  });

  it('throws invalid_output for another', () => {
    expect(() => checkResult(json, { n: 'two' })).toThrow(
      expect.objectContaining({
        code: 'invalid_output',
        issues: [expect.objectContaining({ path: 'result.n' })],
      }),
    );
  });
});
