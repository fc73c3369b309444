import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { SystemStack } from '../support/system-stack.ts';

const SOON = { timeout: 60_000, interval: 200 };

describe("when the recorder's disk is full", () => {
  let disk: SmallDisk;
  let stack: SystemStack;

  beforeAll(async () => {
    disk = await makeSmallDisk();
    const services = ['gateway', 'recorder', 'consumer'] as const;
    stack = await SystemStack.start({ services, embedded: true, env: { HEDDLE_DATA: disk.folder } });
  });
  afterAll(async () => {
    await stack?.stop();
    await disk?.remove();
  });

  const readiness = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${stack.of('recorder').ops}/readyz`);
    return `${response.status} ${await response.text()}`;
  };
  const submit = (index: number) =>
    stack.api.submit({ task: 'debug.echo', input: { index, text: 'x'.repeat(2_000) } });

  test('work goes on, the recorder says why it is not ready, and nothing is lost once there is room', async () => {
    const { pid, ops } = stack.of('recorder');
    const before = await submit(0);
    await stack.api.ended(before.id);

    await disk.fill(pid);
    const ids: string[] = [];
    await vi.waitFor(async () => {
      for (let index = 0; index < 50; index += 1) ids.push((await submit(index)).id);
      expect(await readiness()).toMatch(/^503 .*the database: (database or disk is full|disk I\/O error)/);
    }, SOON);
    expect((await fetch(`http://127.0.0.1:${ops}/healthz`)).status).toBe(200);
    const waited = await stack.api.submit({ task: 'debug.echo', input: 'run' }, { prefer: 'wait=80' });
    expect(waited).toMatchObject({ state: 'succeeded', result: 'run' });
    expect((await stack.api.call('GET', `/v1/jobs/${ids.at(-1)}`)).status).toBe(503);

    await disk.free(pid);
    for (const id of [before.id, ...ids, waited.id]) {
      expect(await stack.api.ended(id)).toMatchObject({ id, state: 'succeeded' });
    }
    await vi.waitFor(async () => expect(await readiness()).toMatch(/^200/), SOON);
  });
});
