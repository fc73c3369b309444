import { describe, expect, test } from 'vitest';
import { HostLanes } from './host-lanes.ts';

/** A post that ends when it is told to. */
function openPost() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const post = { begun: false, end: () => end(), run: () => ((post.begun = true), ended) };
  return post;
}

describe('the lane of a host', () => {
  test('takes eight posts at once, lets eight wait, and sends more away, each a little later', async () => {
    const lanes = new HostLanes();
    const posts = Array.from({ length: 16 }, openPost);
    const runs = posts.map((post) => lanes.run('slow', post.run));
    expect(posts.filter(({ begun }) => begun)).toHaveLength(8);
    const first = await lanes.run('slow', openPost().run);
    const second = await lanes.run('slow', openPost().run);
    expect(first).toBeGreaterThanOrEqual(1_000);
    expect(second).toBeGreaterThan(first ?? 0);
    for (const post of posts) post.end();
    expect(await Promise.all(runs)).toEqual(posts.map(() => undefined));
    expect(posts.every(({ begun }) => begun)).toBe(true);
  });

  test('is not held up by another host', async () => {
    const lanes = new HostLanes();
    const slow = Array.from({ length: 16 }, openPost);
    const runs = slow.map((post) => lanes.run('slow', post.run));
    const fast = openPost();
    const run = lanes.run('fast', fast.run);
    expect(fast.begun).toBe(true);
    fast.end();
    await run;
    for (const post of slow) post.end();
    await Promise.all(runs);
  });

  test('lets those that wait go, unrun, when it is closed', async () => {
    const lanes = new HostLanes();
    const posts = Array.from({ length: 9 }, openPost);
    const runs = posts.map((post) => lanes.run('slow', post.run));
    lanes.close();
    await runs[8];
    expect(posts[8]?.begun).toBe(false);
    for (const post of posts) post.end();
    await Promise.all(runs);
  });

  test('goes on after a post that threw', async () => {
    const lanes = new HostLanes();
    await expect(lanes.run('host', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const post = openPost();
    const run = lanes.run('host', post.run);
    post.end();
    expect(await run).toBeUndefined();
  });
});
