import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { accepted, failed, itemsOf } from '../test/job-events.ts';
import { databaseKinds, setUpStore } from '../test/open-test-store.ts';
import { type RequestContext, requestHandler } from './handle-request.ts';
import type { Store } from './store/open-database.ts';
import type { BatchWriter } from './store/record-batch.ts';
import { EventWatch } from './wait-for-events.ts';

describe.each(databaseKinds)('asked on %s right after an event that the recorder still holds', (kind) => {
  let store: Store;
  let writer: BatchWriter;
  let id: string;
  setUpStore(kind, (opened) => ({ store, writer } = opened));
  beforeEach(async () => {
    id = randomUUID();
    await writer.write(itemsOf([accepted(id, { input: 1 })]));
  });

  /** The job's failure is written when somebody waits for it, and not before. */
  const handler = () => {
    const caughtUp = vi.fn<RequestContext['caughtUp']>(async () => {
      await writer.write(itemsOf([failed(id, 'task_failed', { type: 'dead' })]));
    });
    const isNowhere = { countMessages: () => Promise.resolve(0) };
    const holdsNothing = { holding: 0, taken: 0 };
    return requestHandler({
      store,
      events: writer.events,
      watch: new EventWatch(isNowhere, holdsNothing, store.shared),
      caughtUp,
      maxMessageBytes: 1_000_000,
      onOutgoing: () => undefined,
      onTasks: () => undefined,
      // Asked for nothing here.
      states: undefined as never,
      sync: undefined as never,
    });
  };

  test('shows the job as it is', async () => {
    expect(await handler()({ op: 'job', id })).toMatchObject({ state: 'dead' });
  });

  test('replays it', async () => {
    expect(await handler()({ op: 'replay', select: { ids: [id] }, limit: 10 })).toMatchObject({
      replayed: 1,
    });
  });

  test('drops it', async () => {
    expect(await handler()({ op: 'drop-dead', select: { ids: [id] }, limit: 10 })).toMatchObject({
      dropped: 1,
    });
  });

  test('knows that there is nothing to cancel any more', async () => {
    await expect(handler()({ op: 'cancel', id })).rejects.toThrow(/dead/);
  });
});
