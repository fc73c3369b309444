import { expect, test } from 'vitest';
import { HostTurns } from './host-turns.ts';

const never = new AbortController().signal;

function openWork() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const work = { begun: false, end: () => end(), run: () => ((work.begun = true), ended) };
  return work;
}

test('so many at once begin, and one more as each ends, in their order', async () => {
  const turns = new HostTurns();
  const works = Array.from({ length: 5 }, openWork);
  const runs = works.map((work) => turns.run('host', 2, never, work.run));
  const begun = () => works.map((work) => work.begun);
  expect(begun()).toEqual([true, true, false, false, false]);
  works[1]?.end();
  await runs[1];
  await expect.poll(begun).toEqual([true, true, true, false, false]);
  for (const work of works) work.end();
  await Promise.all(runs);
});

test('another host has turns of its own', async () => {
  const turns = new HostTurns();
  const slow = openWork();
  const run = turns.run('slow', 1, never, slow.run);
  await turns.run('fast', 1, never, () => Promise.resolve());
  slow.end();
  await run;
});

test('who is told to stop leaves the line', async () => {
  const turns = new HostTurns();
  const first = openWork();
  const run = turns.run('host', 1, never, first.run);
  const stopping = new AbortController();
  const second = openWork();
  const stopped = turns.run('host', 1, stopping.signal, second.run);
  stopping.abort(new Error('stop'));
  await expect(stopped).rejects.toThrow('stop');
  first.end();
  await run;
  expect(second.begun).toBe(false);
  await turns.run('host', 1, never, () => Promise.resolve());
});

test('a host that wants to be left alone is', async () => {
  const turns = new HostTurns();
  turns.rest('host', 60);
  const before = performance.now();
  await turns.run('host', 1, never, () => Promise.resolve());
  expect(performance.now() - before).toBeGreaterThan(50);
});

test('work that throws leaves its place to the next', async () => {
  const turns = new HostTurns();
  await expect(turns.run('host', 1, never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await turns.run('host', 1, never, () => Promise.resolve());
});
