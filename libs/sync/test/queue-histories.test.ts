import { expect, test } from 'vitest';
import { isQueueHistory, type QueueKind, type Seen } from './queue-histories.ts';

/** One call after the other, all by one process. */
function check(kind: QueueKind, maxsize: number, ...calls: Partial<Seen>[]): boolean {
  const history = calls.map(
    (call, at): Seen => ({ by: 0, what: 'get', id: at, rank: 0, began: at * 2, ended: at * 2 + 1, ...call }),
  );
  return isQueueHistory(kind, maxsize, history);
}
const put = (id: number, rank = 0) => ({ what: 'put', id, rank }) as const;
const got = (id: number) => ({ what: 'get', value: id }) as const;

test('the order of each kind of queue is its own', () => {
  expect(check('fifo', 0, put(1), put(2), got(1), got(2))).toBe(true);
  expect(check('fifo', 0, put(1), put(2), got(2))).toBe(false);
  expect(check('lifo', 0, put(1), put(2), got(2), got(1))).toBe(true);
  expect(check('lifo', 0, put(1), put(2), got(1))).toBe(false);
  const ranked = [put(1, 2), put(2, 1), put(3, 1)];
  const of = (id: number) => ({ what: 'get', value: [0, { id }] }) as const;
  expect(check('priority', 0, ...ranked, of(2), of(3), of(1))).toBe(true);
  expect(check('priority', 0, ...ranked, of(3))).toBe(false);
});

test('a bound, an end and a join are judged by what was there', () => {
  expect(check('fifo', 1, put(1), put(2))).toBe(false);
  expect(check('fifo', 1, put(1), { ...put(2), error: 'Full' })).toBe(true);
  expect(check('fifo', 2, put(1), { ...put(2), error: 'Full' })).toBe(false);
  expect(check('fifo', 0, put(1), got(1), { what: 'join' })).toBe(false);
  expect(check('fifo', 0, put(1), got(1), { what: 'done' }, { what: 'join' })).toBe(true);
  expect(check('fifo', 0, put(1), { what: 'get', error: 'Empty' })).toBe(false);
  expect(check('fifo', 0, { what: 'shutdown' }, { ...put(1), error: 'ShutDown' })).toBe(true);
  expect(check('fifo', 0, put(1), { what: 'put', error: 'HeddleError' })).toBe(false);
});

test('what a dead process had taken comes back at some time, and only then', () => {
  const died = { what: 'die', began: 4, ended: Number.POSITIVE_INFINITY, optional: true } as const;
  expect(check('fifo', 0, put(1), got(1), died, { ...got(1), by: 1 })).toBe(true);
  expect(check('fifo', 0, put(1), got(1), died, { what: 'get', by: 1, error: 'Empty' })).toBe(true);
  expect(check('fifo', 0, put(1), got(1), { ...got(1), by: 1 })).toBe(false);
  // It was frozen only, and learns of it.
  const late = { what: 'done', error: 'LeaseLostError' } as const;
  expect(check('fifo', 0, put(1), got(1), died, { ...got(1), by: 1 }, late)).toBe(true);
  expect(check('fifo', 0, put(1), got(1), died, { ...got(1), by: 1 }, { what: 'done' })).toBe(false);
  expect(check('fifo', 0, put(1), got(1), late)).toBe(false);
});
