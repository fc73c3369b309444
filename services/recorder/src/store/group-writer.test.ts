import { describe, expect, test } from 'vitest';
import { GroupWriter } from './group-writer.ts';

const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const tooLong = () => Object.assign(new Error('value too long'), { code: '22001' });

/** Writes numbers; `failures` are thrown first, one a try. */
function numbers({ failures = [] as Error[], unwritable = Number.NaN, patienceMs = 60_000 }) {
  const groups = new GroupWriter(patienceMs);
  const tries: (readonly number[])[] = [];
  const refused: number[] = [];
  const write = (some: readonly number[]) =>
    groups.write(
      some,
      async (group) => {
        tries.push(group);
        const failure = failures.shift();
        if (failure) throw failure;
        if (group.includes(unwritable)) throw tooLong();
      },
      (one) => refused.push(one),
    );
  return { write, tries, refused, failures };
}

describe('a group of requests', () => {
  test('is written one by one if one of them cannot be written', async () => {
    const { write, tries, refused } = numbers({ unwritable: 2 });
    await write([1, 2, 3]);
    expect(tries).toEqual([[1, 2, 3], [1], [2], [3]]);
    expect(refused).toEqual([2]);
  });

  test.each<[string, Error]>([
    ['refuses connections', away()],
    ['has cut the connection', new Error('Connection terminated unexpectedly')],
    ['has ended the session', Object.assign(new Error('terminating connection'), { code: '57P01' })],
    ['is read-only', Object.assign(new Error('cannot execute INSERT'), { code: '25006' })],
    ['does not answer', new Error('the database has not answered within 40000 ms')],
    ['is locked', Object.assign(new Error('database is locked'), { errcode: 5 })],
    ['is full', Object.assign(new Error('database or disk is full'), { errcode: 13 })],
  ])('is written again as it is while the database %s', async (_what, trouble) => {
    const { write, tries, refused } = numbers({ failures: [trouble, trouble] });
    await write([1, 2, 3]);
    expect(tries).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(refused).toEqual([]);
  });

  test('is given up whole when the trouble lasts, and so are those behind it, until one succeeds', async () => {
    const { write, tries, refused, failures } = numbers({
      failures: [away(), away(), away()],
      patienceMs: 0,
    });
    await write([1, 2, 3]);
    await write([4, 5]);
    expect(tries).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(refused).toEqual([1, 2, 3, 4, 5]);
    failures.length = 0;
    await write([6]);
    expect(refused).toHaveLength(5);
  });
});
