import { describe, expect, it } from 'vitest';
import { RequestGatherer } from './gather-requests.ts';

/** A run of numbers that answers when it is let. */
function slowRuns() {
  const runs: { readonly items: readonly number[]; readonly end: (error?: Error) => void }[] = [];
  const run = (items: readonly number[]) =>
    new Promise<number[]>((resolve, reject) => {
      const end = (error?: Error) => (error ? reject(error) : resolve(items.map((item) => item * 10)));
      runs.push({ items, end });
    });
  const sizes = () => runs.map(({ items }) => items.length);
  return { runs, run, sizes };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));
const now = (item: number) => () => Promise.resolve(item);

describe('requests are gathered', () => {
  it('while a run goes on, and each gets its own answer', async () => {
    const { runs, run } = slowRuns();
    const gatherer = new RequestGatherer(run, { most: 32, waitMs: 60_000 });
    const answers = [gatherer.ask(now(1))];
    await tick();
    answers.push(gatherer.ask(now(2)), gatherer.ask(now(3)));
    await tick();
    expect(runs.map(({ items }) => items)).toEqual([[1]]);
    runs[0]?.end();
    await tick();
    expect(runs[1]?.items).toEqual([2, 3]);
    runs[1]?.end();
    expect(await Promise.all(answers)).toEqual([10, 20, 30]);
  });

  it('at most so many in a run', async () => {
    const { runs, run, sizes } = slowRuns();
    const gatherer = new RequestGatherer(run, { most: 2, waitMs: 60_000 });
    const answers = [1, 2, 3, 4, 5].map((item) => gatherer.ask(now(item)));
    for (let index = 0; index < 3; index += 1) {
      await tick();
      runs[index]?.end();
    }
    expect(await Promise.all(answers)).toEqual([10, 20, 30, 40, 50]);
    expect(sizes()).toEqual([2, 2, 1]);
  });

  it('waiting for those that are announced, but not longer than allowed', async () => {
    const { runs, run } = slowRuns();
    const gatherer = new RequestGatherer(run, { most: 32, waitMs: 5 });
    let arrive: (item: number) => void = () => undefined;
    const late = gatherer.ask(() => new Promise((resolve) => (arrive = resolve)));
    const first = gatherer.ask(now(1));
    await tick();
    expect(runs).toEqual([]);
    await expect.poll(() => runs.length).toBe(1);
    runs[0]?.end();
    expect(await first).toBe(10);
    arrive(2);
    await tick();
    runs[1]?.end();
    expect(await late).toBe(20);
  });

  it('and one that cannot be prepared holds up nobody', async () => {
    const { runs, run } = slowRuns();
    const gatherer = new RequestGatherer(run, { most: 32, waitMs: 60_000 });
    const broken = gatherer.ask(() => Promise.reject(new Error('no picture')));
    const whole = gatherer.ask(now(1));
    await expect(broken).rejects.toThrow('no picture');
    await tick();
    runs[0]?.end();
    expect(await whole).toBe(10);
  });

  it('and a run that fails fails for those in it, and no others', async () => {
    const { runs, run } = slowRuns();
    const gatherer = new RequestGatherer(run, { most: 32, waitMs: 0 });
    const first = gatherer.ask(now(1));
    await tick();
    const second = gatherer.ask(now(2));
    runs[0]?.end(new Error('out of memory'));
    await expect(first).rejects.toThrow('out of memory');
    await tick();
    runs[1]?.end();
    expect(await second).toBe(20);
  });
});
