import { HeddleError } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await startScriptedGateway();
});
afterEach(() => gateway.drain(500));

const cancel = (path: string) => fetch(`${gateway.url}/v1/jobs/${path}`, { method: 'DELETE' });

describe('DELETE of a job', () => {
  it('answers 200 when the job has ended by it, 202 when its worker must stop it', async () => {
    const asked: unknown[] = [];
    gateway.answers.cancel = (request) => {
      asked.push(request);
      return { id: request.id, state: request.id === 'waits' ? 'cancelled' : 'running' };
    };
    const [waits, runs] = [await cancel('waits?reason=too%20late'), await cancel('runs')];
    expect([waits.status, await waits.json()]).toEqual([200, { id: 'waits', state: 'cancelled' }]);
    expect([runs.status, await runs.json()]).toEqual([202, { id: 'runs', state: 'running' }]);
    expect(asked).toEqual([
      { op: 'cancel', id: 'waits', reason: 'too late' },
      { op: 'cancel', id: 'runs' },
    ]);
  });

  it.each([
    ['job_not_found', 404],
    ['not_cancellable', 409],
    ['recorder_behind', 503],
  ] as const)('passes on %s as %i', async (code, status) => {
    gateway.answers.cancel = () => {
      throw new HeddleError(code, 'told so');
    };
    expect(await problemOf(await cancel('abc'))).toMatchObject({ code, status });
  });

  it('refuses what is no id, and a reason without end', async () => {
    expect(await problemOf(await cancel('a%20b'))).toMatchObject({ code: 'job_not_found' });
    expect(await problemOf(await cancel(`abc?reason=${'x'.repeat(501)}`))).toMatchObject({ status: 422 });
  });
});
