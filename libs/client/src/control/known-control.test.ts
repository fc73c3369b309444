import { describe, expect, it } from 'vitest';
import { KnownControl } from './known-control.ts';

describe('what is cancelled', () => {
  it('is what the snapshot and the news say, of jobs and of batches', () => {
    const control = new KnownControl();
    control.replace({ cancelled: ['a', 'batch'], paused: [] });
    control.hear({ type: 'cancel', job: 'b' });
    expect(control.isCancelled({ id: 'a', generation: 0 })).toBe(true);
    control.hear({ type: 'cancel', job: 'b', reason: 'too late' });
    expect(control.whyCancelled({ id: 'b', generation: 0 })).toBe('too late');
    expect(control.isCancelled({ id: 'b', generation: 0 })).toBe(true);
    expect(control.isCancelled({ id: 'c', generation: 0, batch: { id: 'batch', index: 7 } })).toBe(true);
    expect(control.isCancelled({ id: 'c', generation: 0, batch: { id: 'other' } })).toBe(false);
  });

  it('keeps news that came while the snapshot was on its way', () => {
    const control = new KnownControl();
    control.hear({ type: 'cancel', job: 'old' });
    control.expectSnapshot();
    control.hear({ type: 'cancel', job: 'new' });
    control.replace({ cancelled: [], paused: [] });
    expect(control.isCancelled({ id: 'old', generation: 0 })).toBe(false);
    expect(control.isCancelled({ id: 'new', generation: 0 })).toBe(true);
  });

  it('is a generation of a job: a replay of what was cancelled is to run', () => {
    const control = new KnownControl();
    control.replace({ cancelled: ['a', 'b', 'batch'], generations: { b: 1 }, paused: [] });
    control.hear({ type: 'cancel', job: 'c', generation: 2 });
    const generations = (id: string) =>
      [0, 1, 2, 3].filter((generation) => control.isCancelled({ id, generation }));
    expect([generations('a'), generations('b'), generations('c')]).toEqual([[0], [0, 1], [0, 1, 2]]);
    expect(control.isCancelled({ id: 'd', generation: 1, batch: { id: 'batch', index: 0 } })).toBe(false);
    control.forget({ id: 'b', generation: 0 });
    expect(generations('b')).toEqual([0, 1]);
    control.forget({ id: 'b', generation: 1 });
    expect(generations('b')).toEqual([]);
  });

  it('is forgotten with the end of the job', () => {
    const control = new KnownControl();
    control.hear({ type: 'cancel', job: 'a' });
    control.forget({ id: 'a', generation: 0 });
    expect(control.isCancelled({ id: 'a', generation: 0 })).toBe(false);
    expect(control.cancels).toBe(0);
  });
});

describe('what is paused', () => {
  it('is what came last, unless the snapshot may be older', () => {
    const control = new KnownControl();
    control.hear({ type: 'paused', tasks: ['debug.echo'] });
    control.replace({ cancelled: [], paused: ['debug.sleep'] });
    expect([control.isPaused('debug.echo'), control.isPaused('debug.sleep')]).toEqual([false, true]);
    control.expectSnapshot();
    control.hear({ type: 'paused', tasks: [] });
    control.replace({ cancelled: [], paused: ['debug.sleep'] });
    expect(control.isPaused('debug.sleep')).toBe(false);
  });
});
