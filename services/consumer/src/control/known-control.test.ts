import { describe, expect, it } from 'vitest';
import { KnownControl } from './known-control.ts';

describe('what is cancelled', () => {
  it('is what the snapshot and the news say, of jobs and of batches', () => {
    const control = new KnownControl();
    control.replace({ cancelled: ['a', 'batch'], paused: [] });
    control.hear({ type: 'cancel', job: 'b' });
    expect(control.isCancelled({ id: 'a' })).toBe(true);
    expect(control.isCancelled({ id: 'b' })).toBe(true);
    expect(control.isCancelled({ id: 'c', batch: { id: 'batch', index: 7 } })).toBe(true);
    expect(control.isCancelled({ id: 'c', batch: { id: 'other' } })).toBe(false);
  });

  it('keeps news that came while the snapshot was on its way', () => {
    const control = new KnownControl();
    control.hear({ type: 'cancel', job: 'old' });
    control.expectSnapshot();
    control.hear({ type: 'cancel', job: 'new' });
    control.replace({ cancelled: [], paused: [] });
    expect(control.isCancelled({ id: 'old' })).toBe(false);
    expect(control.isCancelled({ id: 'new' })).toBe(true);
  });

  it('is forgotten with the end of the job', () => {
    const control = new KnownControl();
    control.hear({ type: 'cancel', job: 'a' });
    control.forget('a');
    expect(control.isCancelled({ id: 'a' })).toBe(false);
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
