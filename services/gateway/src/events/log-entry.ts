import { eventStates, isTerminal, type JobEvent } from '@heddle/contracts';
import { iso } from '../jobs/view-job.ts';
import { formatEventId } from './event-id.ts';

/** One message of the event log. Its SSE text is made once, by the first client that wants it, and shared by all. */
export class LogEntry {
  readonly epoch: string;
  readonly offset: number;
  readonly events: readonly JobEvent[];
  /** Size of the message, in bytes. */
  readonly bytes: number;
  readonly #frames: string[] = [];
  #text: string | undefined;

  constructor(epoch: string, offset: number, events: readonly JobEvent[], bytes: number) {
    this.epoch = epoch;
    this.offset = offset;
    this.events = events;
    this.bytes = bytes;
  }

  /** All its events as SSE. */
  get text(): string {
    return (this.#text ??= this.events.map((_event, index) => this.frame(index)).join(''));
  }

  /** One of its events as SSE. */
  frame(index: number): string {
    return (this.#frames[index] ??= frameEvent(this.events[index] as JobEvent, {
      epoch: this.epoch,
      offset: this.offset,
      index,
    }));
  }
}

export function endsJob(event: JobEvent): boolean {
  return isTerminal(eventStates[event.type]);
}

function frameEvent(event: JobEvent, position: { epoch: string; offset: number; index: number }): string {
  // An address may be a secret of whoever gave it; everybody may read the log.
  const { webhook: _, ...shown } = event as JobEvent & { webhook?: unknown };
  const data = JSON.stringify({
    ...shown,
    at: iso(event.at),
    ...('startedAt' in event && { startedAt: iso(event.startedAt) }),
    ...('until' in event && { until: iso(event.until) }),
    ...('deadline' in event && { deadline: iso(event.deadline) }),
  });
  return `id: ${formatEventId(position)}\nevent: ${event.type}\ndata: ${data}\n\n`;
}
