import { HeddleError, type JobEvent, type WireMessage } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import type { Publisher } from './broker.ts';
import { EventPublisher } from './publish-events.ts';

/** A publisher whose confirms come when the test says so. */
class HeldPublisher implements Publisher {
  readonly maxMessageBytes: number;
  readonly published: JobEvent[][] = [];
  readonly #confirms: { resolve(): void; reject(error: Error): void }[] = [];

  constructor(maxMessageBytes = 1_000_000) {
    this.maxMessageBytes = maxMessageBytes;
  }

  publish(_exchange: string, _key: string, message: WireMessage): Promise<void> {
    this.published.push(JSON.parse(message.body.toString()) as JobEvent[]);
    return new Promise((resolve, reject) => this.#confirms.push({ resolve, reject }));
  }

  get sizes(): number[] {
    return this.published.map((events) => events.length);
  }

  confirm(): void {
    this.#confirms.shift()?.resolve();
  }

  fail(error: Error): void {
    this.#confirms.shift()?.reject(error);
  }
}

const event = (job: string, note = ''): JobEvent => ({
  type: 'progress',
  job,
  task: 'debug.echo',
  generation: 0,
  attempt: 1,
  run: 'r',
  seq: 0,
  at: 1_000,
  worker: 'w',
  fraction: 0.5,
  note,
});

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('an event publisher', () => {
  it('sends at once when no event is in flight, and what was added together goes together', async () => {
    const publisher = new HeldPublisher();
    const events = new EventPublisher(publisher);
    const added = [events.add(event('a')), events.add(event('b'))];
    await Promise.resolve();
    expect(publisher.sizes).toEqual([2]);
    publisher.confirm();
    await Promise.all(added);
  });

  it('gathers while one is in flight, and sends when its confirm returns', async () => {
    const publisher = new HeldPublisher();
    const events = new EventPublisher(publisher);
    void events.add(event('a'));
    await soon();
    for (const job of ['b', 'c', 'd']) void events.add(event(job));
    await soon();
    expect(publisher.sizes).toEqual([1]);
    publisher.confirm();
    await soon();
    expect(publisher.sizes).toEqual([1, 3]);
  });

  it('does not gather more than a hundred', async () => {
    const publisher = new HeldPublisher();
    const events = new EventPublisher(publisher);
    void events.add(event('first'));
    await soon();
    void events.addAll(Array.from({ length: 250 }, (_, i) => event(String(i))));
    await soon();
    expect(publisher.sizes).toEqual([1, 100, 100]);
  });

  it('keeps events in the order they were added in', async () => {
    const publisher = new HeldPublisher();
    const events = new EventPublisher(publisher);
    const jobs = Array.from({ length: 230 }, (_, i) => String(i));
    const all = events.addAll(jobs.map((job) => event(job)));
    for (let i = 0; i < 5; i++) {
      publisher.confirm();
      await soon();
    }
    await all;
    expect(publisher.published.flat().map(({ job }) => job)).toEqual(jobs);
  });

  it('fails those whose batch failed, and no others', async () => {
    const publisher = new HeldPublisher();
    const events = new EventPublisher(publisher);
    const failing = events.add(event('a'));
    await soon();
    const passing = events.add(event('b'));
    publisher.fail(new HeddleError('confirm_timeout', 'late'));
    await expect(failing).rejects.toMatchObject({ code: 'confirm_timeout' });
    await soon();
    publisher.confirm();
    await passing;
  });

  it('takes along what is there at the last moment, ahead of what was added', async () => {
    const publisher = new HeldPublisher();
    let running = [event('running')];
    const events = new EventPublisher(publisher, { onFlush: () => running.splice(0) });
    void events.add(event('a'));
    await soon();
    expect(publisher.published[0]?.map(({ job }) => job)).toEqual(['running', 'a']);
    running = [event('later')];
    events.nudge();
    await soon();
    expect(publisher.sizes).toEqual([2]);
    publisher.confirm();
    await soon();
    expect(publisher.published[1]?.map(({ job }) => job)).toEqual(['later']);
  });

  it('sends nothing when nudged for nothing', async () => {
    const publisher = new HeldPublisher();
    const events = new EventPublisher(publisher);
    events.nudge();
    await soon();
    expect(publisher.sizes).toEqual([]);
  });

  it('resolves a flush when all that was added is confirmed', async () => {
    const publisher = new HeldPublisher();
    const events = new EventPublisher(publisher);
    void events.add(event('a'));
    await soon();
    void events.add(event('b'));
    let flushed = false;
    const flushing = events.flush().then(() => (flushed = true));
    expect(publisher.sizes).toEqual([1, 1]);
    publisher.confirm();
    await soon();
    expect(flushed).toBe(false);
    publisher.confirm();
    await flushing;
  });

  it('makes messages that the broker takes, and refuses only the event that is too large by itself', async () => {
    const publisher = new HeldPublisher(10_000);
    const events = new EventPublisher(publisher);
    const all = Array.from({ length: 20 }, (_, i) => events.add(event(String(i), 'x'.repeat(900))));
    const tooLarge = events.add(event('huge', 'x'.repeat(10_000)));
    await expect(tooLarge).rejects.toMatchObject({ code: 'message_too_large' });
    for (let i = 0; i < 20; i++) {
      publisher.confirm();
      await soon();
    }
    await Promise.all(all);
    expect(publisher.published.flat()).toHaveLength(20);
    for (const batch of publisher.published) expect(JSON.stringify(batch).length).toBeLessThan(10_000);
  });
});
