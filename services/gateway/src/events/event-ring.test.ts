import { describe, expect, it } from 'vitest';
import { EventRing } from './event-ring.ts';
import { LogEntry } from './log-entry.ts';

const entry = (offset: number, bytes = 10) => new LogEntry('e', offset, [], bytes);

describe('EventRing', () => {
  it('is read by cursors, which stay valid while it moves on', () => {
    const ring = new EventRing({ maxBytes: 1_000_000, maxItems: 3 });
    const cursor = ring.end;
    expect(ring.at(cursor)).toBeUndefined();
    ring.push(entry(7));
    expect(ring.at(cursor)).toMatchObject({ offset: 7 });
    for (let offset = 8; offset < 20; offset++) ring.push(entry(offset));
    expect(ring.at(cursor)).toBe('overrun');
    expect(ring.at(ring.end - 3)).toMatchObject({ offset: 17 });
    expect(ring.at(ring.end)).toBeUndefined();
    expect(ring.span).toEqual({ first: 17, last: 19 });
  });

  it('holds no more bytes than it may', () => {
    const ring = new EventRing({ maxBytes: 25, maxItems: 100 });
    for (let offset = 0; offset < 10; offset++) ring.push(entry(offset));
    expect(ring.span).toEqual({ first: 8, last: 9 });
    ring.push(entry(10, 1_000));
    expect([ring.span, ring.at(ring.end - 1)]).toEqual([undefined, 'overrun']);
  });

  it('finds an entry by its offset, past gaps and over thousands', () => {
    const ring = new EventRing({ maxBytes: 1e9, maxItems: 1_500 });
    for (let offset = 0; offset < 5_000; offset++) {
      ring.push(entry(offset * 2));
      if (offset % 100 === 0) ring.push({ gap: 'x' });
    }
    const cursor = ring.find(9_000);
    expect(cursor).toBeDefined();
    expect(ring.at(cursor ?? 0)).toMatchObject({ offset: 9_000 });
    expect(ring.find(9_001)).toBeUndefined();
    expect(ring.find(1)).toBeUndefined();
    expect(ring.find(1_000_000)).toBeUndefined();
  });

  it('overruns everybody when it is cleared', () => {
    const ring = new EventRing({ maxBytes: 1_000, maxItems: 10 });
    const cursor = ring.end;
    ring.push(entry(1));
    ring.clear();
    expect([ring.at(cursor), ring.at(ring.end), ring.span]).toEqual(['overrun', undefined, undefined]);
  });
});
