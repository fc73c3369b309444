import { setImmediate as turn } from 'node:timers/promises';
import { type BatchRecord, type BatchState, HeddleError } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSse } from '../../test/read-sse.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await startScriptedGateway();
});
afterEach(() => gateway.drain(500));

const after = (succeeded: number, state: BatchState = 'running'): BatchRecord => ({
  id: 'b',
  task: 'debug.echo',
  state,
  counts: { total: 4, succeeded, failed: 0, dead: 0, cancelled: 0, expired: 0 },
  reduceJob: null,
  result: undefined,
  acceptedAt: 0,
  endedAt: null,
});

/** What the recorder says, one look after the other; the last for ever. */
function script(...looks: (BatchRecord | HeddleError)[]): void {
  let next = 0;
  gateway.answers.batch = () => {
    const look = looks[Math.min(next++, looks.length - 1)];
    if (look instanceof Error) throw look;
    return look;
  };
}

const open = (lastEventId?: string) => openSse(`${gateway.url}/v1/batches/b/events`, lastEventId);

describe('the stream of a batch', () => {
  it('tells each change once, and ends with the batch', async () => {
    script(after(0), after(0), after(2), after(4, 'succeeded'));
    const told = await (await open()).rest();
    expect(told.map(({ event, data }) => [event, data?.['progress'], data?.['state']])).toEqual([
      ['batch', 0, 'running'],
      ['batch', 0.5, 'running'],
      ['batch', 1, 'succeeded'],
    ]);
    expect((await open(told.at(-1)?.id)).status).toBe(204);
    expect((await open(told[0]?.id)).status).toBe(200);
  });

  it('looks whenever it is told that the batch has ended, and does not wait for its next look', async () => {
    const seen = { looks: 0, last: after(0) };
    gateway.answers.batch = () => {
      seen.looks += 1;
      return seen.last;
    };
    const reader = await open();
    await reader.next();
    // Left to itself it would take a minute for so many looks.
    for (let told = 0; told < 30; told++) {
      const before = seen.looks;
      gateway.batchEnds.hear('another');
      gateway.batchEnds.hear('b');
      while (seen.looks === before) await turn();
    }
    seen.last = after(4, 'succeeded');
    gateway.batchEnds.hear('b');
    expect((await reader.rest()).map(({ data }) => data?.['state'])).toEqual(['succeeded']);
  });

  it('outlives a recorder that is away for a moment', async () => {
    script(after(0), new HeddleError('recorder_unavailable', 'away'), after(4, 'failed'));
    expect((await (await open()).rest()).map(({ data }) => data?.['state'])).toEqual(['running', 'failed']);
  });

  it('is refused for a batch that is not there', async () => {
    script(new HeddleError('batch_not_found', 'no such batch'));
    expect(await problemOf(await fetch(`${gateway.url}/v1/batches/b/events`))).toMatchObject({ status: 404 });
  });

  it('ends when the gateway shuts down', async () => {
    script(after(1));
    const reader = await open();
    await reader.next();
    gateway.draining.abort();
    expect((await reader.rest()).at(-1)?.comment).toBe('the gateway is shutting down');
  });
});
