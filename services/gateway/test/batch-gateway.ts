import type { BatchRecord, RecorderRequest } from '@heddle/contracts';
import { afterEach, beforeEach, expect } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts';

export interface BatchGateway {
  readonly gateway: ScriptedGateway;
  /** What the recorder was asked to create; it agrees. */
  readonly created: Extract<RecorderRequest, { op: 'create-batch' }>[];
}

/** A gateway for each test of a file, which in the end has logged no error and holds nothing. `take` gets it before the test. */
export function setUpBatchGateway(
  take: (opened: BatchGateway) => void,
  options?: Parameters<typeof startScriptedGateway>[0],
): void {
  let gateway: ScriptedGateway;
  beforeEach(async () => {
    gateway = await startScriptedGateway(options);
    const created: BatchGateway['created'] = [];
    gateway.answers['create-batch'] = (request) => {
      created.push(request);
      return { id: request.plan.id, repeated: false };
    };
    take({ gateway, created });
  });
  afterEach(async () => {
    await gateway.drain(500);
    expect(gateway.logged.filter((line) => line.startsWith('error'))).toEqual([]);
    expect(gateway.admission.held).toBe(0);
  });
}

/** Posts a batch; what is no text becomes JSON. */
export function postBatch(
  url: string,
  body: unknown,
  type = 'application/json',
  query = '',
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/v1/batches${query}`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** What the recorder knows of a batch that runs. */
export const runningBatch: BatchRecord = {
  id: 'b',
  task: 'debug.echo',
  state: 'running',
  counts: { total: 8, succeeded: 1, failed: 1, dead: 0, cancelled: 0, expired: 0 },
  reduceJob: null,
  result: undefined,
  acceptedAt: 0,
  endedAt: null,
};
