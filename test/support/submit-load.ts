import { setTimeout as pause } from 'node:timers/promises';

/** What came of a load: ids that got a 202, and how often somebody was refused or cut off before one did. */
export interface Load {
  readonly accepted: Set<string>;
  attempted: number;
  /** Answers that were no 202, by status; `0` stands for a connection that broke. */
  readonly refused: Map<number, number>;
}

/** Waits this long after a refusal, so that a gateway that is away is not hammered. */
const AFTER_REFUSAL_MS = 100;

/**
 * Posts jobs over `connections` connections until `wanted` of them got a 202. A refusal is counted and a new job posted
 * instead, as a client without an idempotency key would do it. `onAccepted` is called with the number of 202s so far.
 */
export async function submitLoad(options: {
  readonly url: () => string;
  readonly wanted: number;
  readonly connections: number;
  readonly body: (index: number) => object;
  readonly deadline: AbortSignal;
  readonly onAccepted: (accepted: number) => void;
}): Promise<Load> {
  const load: Load = { accepted: new Set(), attempted: 0, refused: new Map() };
  let outstanding = 0;

  async function connection(): Promise<void> {
    while (load.accepted.size + outstanding < options.wanted) {
      options.deadline.throwIfAborted();
      outstanding += 1;
      const index = load.attempted++;
      const answer = await post(options.url(), options.body(index), options.deadline);
      outstanding -= 1;
      if (typeof answer === 'string') {
        load.accepted.add(answer);
        options.onAccepted(load.accepted.size);
      } else {
        load.refused.set(answer, (load.refused.get(answer) ?? 0) + 1);
        await pause(AFTER_REFUSAL_MS);
      }
    }
  }

  // A connection that ends early leaves what others still have outstanding; go round until the number is reached.
  while (load.accepted.size < options.wanted) {
    await Promise.all(Array.from({ length: options.connections }, connection));
  }
  return load;
}

/** The new job's id, or the status of the refusal. */
async function post(url: string, body: object, deadline: AbortSignal): Promise<string | number> {
  try {
    const response = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([deadline, AbortSignal.timeout(30_000)]),
    });
    const answer = (await response.json()) as { id?: string };
    return response.status === 202 && answer.id !== undefined ? answer.id : response.status;
  } catch {
    deadline.throwIfAborted();
    return 0;
  }
}
