import type { ScheduleView, scheduleBodySchema } from '@heddle/contracts';
import type { z } from 'zod';
import type { GatewayCaller } from './call-gateway.ts';
import type { SubmittedJob } from './submitted-job.ts';

/** As in `POST /v1/schedules`: durations are milliseconds or text such as `"30s"`. */
export type NewSchedule = z.input<typeof scheduleBodySchema>;

/** `/v1/schedules` */
export class Schedules {
  readonly #gateway: GatewayCaller;

  constructor(gateway: GatewayCaller) {
    this.#gateway = gateway;
  }

  /** Makes it, or with the id of one that is there puts it in its place. */
  put(schedule: NewSchedule): Promise<ScheduleView> {
    const repeatable = schedule.id !== undefined;
    return this.#gateway.call({ method: 'POST', path: '/v1/schedules', body: schedule, repeatable });
  }

  /** What is named becomes otherwise, such as `{paused: true}`; the rest stays. */
  change(id: string, change: Partial<Omit<NewSchedule, 'id'>>): Promise<ScheduleView> {
    return this.#gateway.call({ method: 'POST', path: pathOf(id), body: change, repeatable: true });
  }

  async list(): Promise<readonly ScheduleView[]> {
    const request = { method: 'GET', path: '/v1/schedules' } as const;
    return (await this.#gateway.call<{ schedules: ScheduleView[] }>(request)).schedules;
  }

  show(id: string): Promise<ScheduleView> {
    return this.#gateway.call({ method: 'GET', path: pathOf(id) });
  }

  /** One job now; its times go on as before. */
  run(id: string, idempotencyKey?: string): Promise<SubmittedJob> {
    return this.#gateway.call({
      method: 'POST',
      path: `${pathOf(id)}/run`,
      headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
      repeatable: idempotencyKey !== undefined,
    });
  }

  async delete(id: string): Promise<void> {
    await this.#gateway.call({ method: 'DELETE', path: pathOf(id) });
  }
}

function pathOf(id: string): string {
  return `/v1/schedules/${encodeURIComponent(id)}`;
}
