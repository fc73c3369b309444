import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HeddleError } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileSchema } from './compile-schema.ts';

function faultOf(schema: Record<string, unknown>, input: unknown): string {
  try {
    compileSchema(schema)(input);
    return 'fits';
  } catch (error) {
    expect(error).toBeInstanceOf(HeddleError);
    expect((error as HeddleError).code).toBe('invalid_input');
    return (error as HeddleError).message;
  }
}

describe('compileSchema', () => {
  const schema = z.toJSONSchema(
    z
      .strictObject({
        sizes: z.array(z.int().min(1)).max(3),
        format: z.enum(['png', 'webp']).optional(),
        'odd/name~': z.object({ id: z.string() }).meta({ id: 'Odd' }).optional(),
      })
      .meta({ id: 'Input' }),
  ) as Record<string, unknown>;

  it.each([
    [{ sizes: [1] }, 'fits'],
    [{ sizes: [1, '2'] }, 'input.sizes.1: expected integer, got string'],
    [{ sizes: [1], colour: 1 }, 'input.colour: expected no field of this name'],
    [{}, 'input.sizes: expected a value, got nothing'],
    [{ sizes: [], format: 'bmp' }, 'input.format: expected one of "png", "webp"; got "bmp"'],
    [{ sizes: [], 'odd/name~': { id: null } }, 'input.odd/name~.id: expected string, got null'],
    [[], 'input: expected object, got array'],
    [undefined, 'input: expected object, got nothing'],
    [JSON.parse('{"sizes":[],"__proto__":{"a":1}}'), 'input.__proto__: expected no field of this name'],
  ])('%j → %s', (input, fault) => {
    expect(faultOf(schema, input)).toBe(fault);
  });

  const choices = z.toJSONSchema(
    z.union([
      z.strictObject({
        n: z.union([z.int(), z.string().regex(/^\d+$/).meta({ errorMessage: 'expected decimal digits' })]),
      }),
      z.strictObject({ items: z.array(z.int()).min(1) }),
      z.strictObject({ kind: z.literal('a'), size: z.int().min(1).max(9) }),
      z.strictObject({ kind: z.literal('b'), name: z.string().max(3), rate: z.number().multipleOf(5).gt(0) }),
      z.strictObject({
        when: z.union([z.int(), z.string().regex(/s$/)]).meta({ errorMessage: 'expected a time' }),
      }),
    ]),
  ) as Record<string, unknown>;

  it.each([
    [{ n: '10^18' }, 'input.n: expected decimal digits, got "10^18"'],
    [{ n: 0.5 }, 'input.n: expected a whole number, got 0.5'],
    [{ n: null }, 'input.n: expected integer or string, got null'],
    [{ n: 1, m: 2 }, 'input.m: expected no field of this name'],
    [{ items: [] }, 'input.items: expected at least 1 items, got 0'],
    [{ items: [1], m: 2 }, 'input.m: expected no field of this name'],
    [{ kind: 'a', size: 0 }, 'input.size: expected at least 1, got 0'],
    [{ kind: 'a', size: 10 }, 'input.size: expected at most 9, got 10'],
    [{ kind: 'b', name: '🎫🎫🎫🎫', rate: 5 }, 'input.name: expected at most 3 characters, got 4'],
    [{ kind: 'b', name: '', rate: 7 }, 'input.rate: expected a multiple of 5, got 7'],
    [{ kind: 'b', name: '', rate: 0 }, 'input.rate: expected more than 0, got 0'],
    [{ when: 'soon' }, 'input.when: expected a time, got "soon"'],
    [{ when: null }, 'input.when: expected a time, got null'],
    [[], 'input: expected object, got array'],
  ])('says of %j what the likeliest of several shapes lacks: %s', (input, fault) => {
    expect(faultOf(choices, input)).toBe(fault);
  });

  it('takes what people write by hand: unknown keywords and formats', () => {
    expect(faultOf({ type: 'string', format: 'colour', 'x-hint': 1, example: 'red' }, 'red')).toBe('fits');
  });

  it.each([
    ['no schema', { type: 'nonsense' }],
    ['a reference that leads nowhere', { $ref: '#/$defs/nothing' }],
    ['a reference to another host', { $ref: 'https://example.com/schema.json' }],
    ['an asynchronous schema', { $async: true, type: 'object' }],
    ['a pattern that is none', { type: 'string', pattern: '(' }],
    ['a schema without end', { enum: Array.from({ length: 100_000 }, (_, n) => `value ${n}`) }],
  ])('refuses %s with an error', (_, schema) => {
    expect(() => compileSchema(schema)).toThrow(Error);
  });

  it('leaves nothing of one schema behind for the next', () => {
    const one = { $id: 'same', type: 'string' };
    const other = { $id: 'same', type: 'number' };
    expect([faultOf(one, 'x'), faultOf(other, 1), faultOf(one, 1)]).toEqual([
      'fits',
      'fits',
      'input: expected string, got number',
    ]);
  });

  it('holds no input that it has refused', async () => {
    const check = compileSchema({ type: 'object', required: ['n'] });
    const refused = () => {
      const input = { m: 1 };
      expect(() => check(input)).toThrow('input.n');
      return new WeakRef(input);
    };
    const input = refused();
    setFlagsFromString('--expose-gc');
    await turn();
    (runInNewContext('gc') as () => void)();
    expect(input.deref()).toBeUndefined();
  });
});
