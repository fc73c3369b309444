import type { JobEvent } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { LogEntry } from './log-entry.ts';

const base = { job: 'j', task: 'debug.echo', generation: 0, attempt: 1, run: 'r', seq: 0, at: 0 };

function shown(event: JobEvent): unknown {
  const frame = new LogEntry('e', 1, [event], 100).frame(0);
  return JSON.parse(frame.split('data: ')[1] ?? '');
}

it('shows the times of an event as ISO 8601', () => {
  expect(shown({ ...base, type: 'delayed', until: 1_000 })).toMatchObject({
    at: '1970-01-01T00:00:00.000Z',
    until: '1970-01-01T00:00:01.000Z',
  });
  expect(shown({ ...base, type: 'accepted', priority: 4, deadline: 2_000 })).toMatchObject({
    deadline: '1970-01-01T00:00:02.000Z',
  });
});

it('tells nobody the address of a webhook', () => {
  const webhook = { url: 'https://example.org/secret' };
  const error = { code: 'x', message: 'y' };
  for (const event of [
    { ...base, type: 'accepted', priority: 4, webhook },
    { ...base, type: 'dead', worker: 'w', startedAt: 0, error, webhook },
    { ...base, type: 'cancelled', webhook },
  ] as const) {
    expect(shown(event)).not.toHaveProperty('webhook');
  }
});
