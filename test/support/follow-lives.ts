import { type EventType, eventStates, isTerminal, type JobState } from '@heddle/contracts';

interface SeenEvent {
  readonly type: EventType;
  readonly job: string;
  readonly generation: number;
  readonly attempt: number;
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
}

/** Arrows as `docs/lifecycle.md` writes them: `queued --> running : started`. */
export function arrow(from: JobState | '[*]', type: EventType): string {
  return `${from} --> ${eventStates[type]} : ${type}`;
}

/** What the jobs of a stack go through, as `GET /v1/events` tells it. */
export class Lives {
  readonly #events = new Map<string, SeenEvent[]>();
  readonly #gone = new AbortController();

  /** Resolves when every event from now on will be seen. */
  async follow(url: string): Promise<void> {
    const response = await fetch(`${url}/v1/events`, { signal: this.#gone.signal });
    const lines = linesOf(response);
    // The first line comes when the stream is open.
    await lines.next();
    void this.#read(lines).catch(() => undefined);
  }

  stop(): void {
    this.#gone.abort();
  }

  /** The arrows along which a job has gone. */
  of(job: string): string[] {
    const arrows: string[] = [];
    let state: JobState | '[*]' = '[*]';
    for (const { type } of (this.#events.get(job) ?? []).toSorted(inOrder)) {
      // What somebody says of a job that has ended changes nothing.
      if (state !== '[*]' && isTerminal(state) && type !== 'replayed') continue;
      arrows.push(arrow(state, type));
      state = eventStates[type];
    }
    return arrows;
  }

  /** Every arrow that any job has gone along. */
  all(): Set<string> {
    return new Set([...this.#events.keys()].flatMap((job) => this.of(job)));
  }

  async #read(lines: AsyncIterable<string>): Promise<void> {
    for await (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      const event = JSON.parse(line.slice('data: '.length)) as SeenEvent;
      if (!(event.type in eventStates)) continue;
      const events = this.#events.get(event.job) ?? [];
      events.push(event);
      this.#events.set(event.job, events);
    }
  }
}

/** Events of different services come over different connections: by their clocks, which are one here. */
function inOrder(a: SeenEvent, b: SeenEvent): number {
  return (
    a.generation - b.generation ||
    Date.parse(a.at) - Date.parse(b.at) ||
    a.attempt - b.attempt ||
    a.seq - b.seq
  );
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
