/** One server-sent event, or a comment. */
export interface SseMessage {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: Record<string, unknown> | undefined;
  readonly comment: string | undefined;
}

/** An open event stream; messages are read one at a time. */
export interface SseReader {
  readonly status: number;
  readonly headers: Headers;
  /** The next event or comment that is no heartbeat; undefined at the end of the stream. */
  next(): Promise<SseMessage | undefined>;
  /** Reads on until an event of this type. Throws when the stream ends before. */
  until(event: string): Promise<SseMessage>;
  /** All up to the end of the stream. */
  rest(): Promise<SseMessage[]>;
  close(): void;
}

export async function openSse(url: string, lastEventId?: string): Promise<SseReader> {
  const gone = new AbortController();
  const response = await fetch(url, {
    signal: gone.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  const messages = parse(response);
  const next = async (): Promise<SseMessage | undefined> => {
    const { value, done } = await messages.next();
    return done ? undefined : value;
  };
  const rest = async () => {
    const all: SseMessage[] = [];
    for (let one = await next(); one; one = await next()) all.push(one);
    return all;
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    rest,
    until: async (event) => {
      const seen: string[] = [];
      for (let one = await next(); one; one = await next()) {
        if (one.event === event) return one;
        seen.push(one.event ?? one.comment ?? '');
      }
      throw new Error(`expected "${event}" before the end of the stream, got ${seen.join(', ')}`);
    },
    close: () => gone.abort(),
  };
}

async function* parse(response: Response): AsyncGenerator<SseMessage> {
  let text = '';
  const decoder = new TextDecoder();
  if (!response.body) return;
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const message = parseBlock(block);
      if (message && message.comment !== 'still here') yield message;
    }
  }
}

function parseBlock(block: string): SseMessage | undefined {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const [event, data, comment] = [field('event'), field('data'), field('')];
  if (event === undefined && comment === undefined) return undefined;
  return {
    id: field('id'),
    event,
    data: data === undefined ? undefined : (JSON.parse(data) as Record<string, unknown>),
    comment,
  };
}
