import { randomUUID } from 'node:crypto';
import type { KeyedObject, SyncDemand, SyncOutcome } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../../test/open-test-store.ts';
import type { Store } from '../open-database.ts';
import { meetDemands } from './meet-demands.ts';

describe.each(databaseKinds)('demands of keyed objects on %s', (kind) => {
  let database: TestDatabase;
  /** Two recorders, where the database can have two. */
  let stores: Store[];
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    stores = [await database.open()];
    if (kind === 'PostgreSQL') stores.push(await database.open());
  });
  afterAll(async () => {
    for (const { db } of stores) await db.destroy();
    await database.remove();
  });

  const meet = async (demand: SyncDemand, at = 0): Promise<SyncOutcome | Error | undefined> => {
    const store = stores[at % stores.length];
    if (!store) throw new Error('expected an open database');
    const request = { session: 'heddle.replies.one', acked: [], demand };
    return (await meetDemands(store, [request])).outcomes[0];
  };
  const queue = () => ({ object: `fifo-queue.${randomUUID()}` as KeyedObject, maxsize: 0 });
  const put = (to: ReturnType<typeof queue>, value: number, at?: number) =>
    meet({ is: 'put', ...to, ticket: randomUUID(), value, rank: '', wait: true }, at);

  test('a demand that its cancel has overtaken does not wait, also where nobody has used the object before', async () => {
    const one = queue();
    const ticket = randomUUID();
    expect(await meet({ is: 'cancel', object: one.object, ticket })).toEqual({ is: 'cancelled' });
    expect(await meet({ is: 'cancel', object: one.object, ticket })).toEqual({ is: 'cancelled' });
    expect(await meet({ is: 'get', ...one, ticket, wait: true })).toEqual({ is: 'cancelled' });
    await put(one, 7);
    expect(await meet({ is: 'size', ...one })).toEqual({ is: 'size', ready: 1, unfinished: 1 });
  });

  test('each item is got once, whichever recorder is asked for it, and asked for twice it is the same', async () => {
    const one = queue();
    const values = Array.from({ length: 30 }, (_, index) => index);
    await Promise.all(values.map((value) => put(one, value, value)));
    const got = await Promise.all(
      values.map(async (value) => {
        const get = { is: 'get', ...one, ticket: randomUUID(), wait: false } as const;
        const [first, again] = await Promise.all([meet(get, value), meet(get, value + 1)]);
        expect(again).toEqual(first);
        return first;
      }),
    );
    const items = got.flatMap((outcome) => (outcome && 'value' in outcome ? [outcome.value as number] : []));
    expect(items.toSorted((a, b) => a - b)).toEqual(values);
    expect(await meet({ is: 'size', ...one })).toEqual({ is: 'size', ready: 0, unfinished: 30 });
  });
});
