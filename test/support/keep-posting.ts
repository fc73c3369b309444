import { setTimeout as pause } from 'node:timers/promises';

/** Clients that go on posting jobs, each at a gateway of its own, and come again when they are told to. */
export interface Posting {
  readonly accepted: ReadonlySet<string>;
  /** Answers that told a client to come again, by status; `refused` stands for a port where nobody listened. */
  readonly refused: ReadonlyMap<string, number>;
  /** Whatever a client of a well-behaved system should not have seen, in words. */
  readonly surprises: readonly string[];
  /** Resolves once so many jobs were accepted. */
  reached(count: number): Promise<void>;
  /** Resolves when the last request has its answer. */
  stop(): Promise<void>;
}

const CLIENTS_A_GATEWAY = 4;
/** Between two jobs of one client: a steady load, not all that the machine can do. */
const BETWEEN_MS = 30;
const COME_AGAIN_MS = 50;

/** Posts to each of these gateways until stopped. */
export function keepPosting(gateways: readonly string[], body: (index: number) => object): Posting {
  const accepted = new Set<string>();
  const refused = new Map<string, number>();
  const surprises: string[] = [];
  let waiting: { count: number; resolve: () => void }[] = [];
  let index = 0;
  const stopping = new AbortController();

  const refuse = (why: string): Promise<void> => {
    refused.set(why, (refused.get(why) ?? 0) + 1);
    return pause(COME_AGAIN_MS);
  };
  const accept = (id: string): Promise<void> => {
    accepted.add(id);
    for (const { count, resolve } of waiting) if (accepted.size >= count) resolve();
    waiting = waiting.filter(({ count }) => accepted.size < count);
    return pause(BETWEEN_MS);
  };
  const client = async (url: string): Promise<void> => {
    while (!stopping.signal.aborted) {
      const answer = await postOnce(url, body(index++));
      if (answer.id !== undefined) await accept(answer.id);
      else if (answer.comeAgain !== undefined) await refuse(answer.comeAgain);
      else surprises.push(answer.surprise);
    }
  };
  const clients = gateways.flatMap((url) => Array.from({ length: CLIENTS_A_GATEWAY }, () => client(url)));
  return {
    accepted,
    refused,
    surprises,
    reached: (count) =>
      accepted.size >= count
        ? Promise.resolve()
        : new Promise((resolve) => void waiting.push({ count, resolve })),
    async stop() {
      stopping.abort();
      await Promise.all(clients);
    },
  };
}

type Answer =
  | { readonly id: string }
  | { readonly id?: undefined; readonly comeAgain: string }
  | { readonly id?: undefined; readonly comeAgain?: undefined; readonly surprise: string };

async function postOnce(url: string, body: object): Promise<Answer> {
  try {
    const response = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = (await response.json()) as { id?: string };
    if (response.status === 202 && answer.id !== undefined) return { id: answer.id };
    if (response.status === 503 && Number(response.headers.get('retry-after')) > 0) {
      return { comeAgain: '503' };
    }
    return { surprise: `${response.status} ${JSON.stringify(answer)}` };
  } catch (error) {
    const { cause } = error as { cause?: { code?: string; message?: string } };
    if (cause?.code === 'ECONNREFUSED') return { comeAgain: 'refused' };
    return { surprise: `${String(error)} ${cause?.code ?? ''} ${cause?.message ?? ''}` };
  }
}
