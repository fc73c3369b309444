/** Where an event lies: the stream's epoch, the message's offset in it, the event's index in the message. */
export interface EventPosition {
  readonly epoch: string;
  readonly offset: number;
  readonly index: number;
}

export function formatEventId({ epoch, offset, index }: EventPosition): string {
  return `${epoch}.${offset}.${index}`;
}

const EVENT_ID = /^([\w-]{1,100})\.(\d{1,15})\.(\d{1,6})$/;

/** Reads an SSE id of ours; undefined if it is none. */
export function parseEventId(text: string): EventPosition | undefined {
  const match = EVENT_ID.exec(text);
  if (!match) return undefined;
  return { epoch: match[1] as string, offset: Number(match[2]), index: Number(match[3]) };
}
