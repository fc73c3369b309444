import type { DeadSelection, dropBodySchema, JobView, replayBodySchema } from '@heddle/contracts';
import type { z } from 'zod';
import type { GatewayCaller } from './call-gateway.ts';

export interface DeadGroup {
  readonly task: string;
  /** Error code. */
  readonly error: string;
  /** UTC day, such as 2026-11-21. */
  readonly day: string;
  readonly count: number;
  /** Id of the job that died last. */
  readonly newest: string;
}

const PAGE = 200;

/** `/v1/dead` */
export class DeadJobs {
  readonly #gateway: GatewayCaller;

  constructor(gateway: GatewayCaller) {
    this.#gateway = gateway;
  }

  /** By task, error and day. `include: 'failed'`: failed jobs too. */
  async groups(include?: 'failed'): Promise<readonly DeadGroup[]> {
    const request = { method: 'GET', path: '/v1/dead', query: { include } } as const;
    return (await this.#gateway.call<{ groups: DeadGroup[] }>(request)).groups;
  }

  /** The jobs of a group, read page by page. */
  async *jobs(group: Omit<DeadSelection, 'ids'>): AsyncGenerator<JobView, void> {
    let cursor: string | undefined;
    do {
      const page: { jobs: JobView[]; next: string | null } = await this.#gateway.call({
        method: 'GET',
        path: '/v1/dead',
        query: { ...group, limit: PAGE, cursor },
      });
      yield* page.jobs;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  /** Sends them again, at most `limit` (default 1,000); the answer says how many are left. */
  replay(selection: z.input<typeof replayBodySchema>): Promise<{
    readonly replayed: number;
    readonly skipped: readonly { readonly id: string; readonly reason: string }[];
    readonly left: number;
  }> {
    return this.#gateway.call({ method: 'POST', path: '/v1/dead/replay', body: selection });
  }

  /** Forgets them, at most `limit` (default 1,000). */
  drop({
    ids,
    ...rest
  }: z.input<typeof dropBodySchema>): Promise<{ readonly dropped: number; readonly left: number }> {
    return this.#gateway.call({ method: 'DELETE', path: '/v1/dead', query: { ...rest, id: ids } });
  }
}
