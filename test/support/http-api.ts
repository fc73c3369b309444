import { isTerminal, type JobView } from '@heddle/contracts';
import { expect, vi } from 'vitest';

export type Json = Record<string, unknown>;

export interface Answer<T = Json> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** Long enough for a busy machine; what comes sooner is seen sooner. */
const SOON = { timeout: 80_000, interval: 50 };

/** A gateway's HTTP interface as tests use it. */
export class HttpApi {
  readonly #url: () => string;

  /** A function is asked at each call: for a gateway that is started again. */
  constructor(url: string | (() => string)) {
    this.#url = typeof url === 'string' ? () => url : url;
  }

  get url(): string {
    return this.#url();
  }

  /** One request with a JSON body, if any, and its JSON answer, whatever its status. */
  async call<T = Json>(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T, headers: response.headers };
  }

  async get<T = Json>(path: string): Promise<T> {
    return (await this.call<T>('GET', path)).body;
  }

  /** Posts a job that is taken; with `{prefer: 'wait=20'}`, as it is when it has ended. */
  async submit(job: object, headers?: Record<string, string>): Promise<JobView> {
    const { status, body } = await this.call<JobView>('POST', '/v1/jobs', job, headers);
    expect(headers?.['prefer'] ? [200, 202] : [202], JSON.stringify(body)).toContain(status);
    return body;
  }

  show(id: string): Promise<JobView> {
    return this.get<JobView>(`/v1/jobs/${id}`);
  }

  /** Waits until what is found there looks like this; gives it. `timeout`: milliseconds. */
  until<T = Json>(path: string, expected: object, timeout = SOON.timeout): Promise<T> {
    return vi.waitFor(
      async () => {
        const found = await this.get<T>(path);
        expect(found).toMatchObject(expected);
        return found;
      },
      { ...SOON, timeout },
    );
  }

  untilJob(id: string, expected: object): Promise<JobView> {
    return this.until<JobView>(`/v1/jobs/${id}`, expected);
  }

  /** Waits until the job has ended, however; gives it. `timeout`: milliseconds. */
  ended(id: string, timeout = SOON.timeout): Promise<JobView> {
    return vi.waitFor(
      async () => {
        const { status, body } = await this.call<JobView>('GET', `/v1/jobs/${id}`);
        expect(status === 200 && isTerminal(body.state), JSON.stringify(body)).toBe(true);
        return body;
      },
      { ...SOON, timeout },
    );
  }
}
