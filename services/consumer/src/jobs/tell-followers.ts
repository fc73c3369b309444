import type { BrokerLog, Publisher } from '@heddle/broker';
import { type JobStanding, joinResults, MAX_RESULTS_PER_MESSAGE } from '@heddle/contracts';

/** UTF-8 takes at most three bytes for each of a string's units. */
const BYTES_PER_UNIT = 3;

/** What is gathered for one follower. */
interface Line {
  texts: string[];
  /** Length of the texts, in UTF-16 units. */
  units: number;
  inFlight: boolean;
}

/**
 * Sends results and news to those who follow their jobs, in batches and in order: at once when nothing is on its way to a
 * follower, else gathered until that is confirmed or 100 wait. Nobody waits for it: a follower that misses a result asks
 * the recorder, which has them all.
 */
export class Followers {
  readonly #publisher: Publisher;
  readonly #log: BrokerLog;
  readonly #lines = new Map<string, Line>();

  constructor(publisher: Publisher, log: BrokerLog) {
    this.#publisher = publisher;
    this.#log = log;
  }

  tell(replyTo: string, standing: JobStanding): void {
    const text = JSON.stringify(standing);
    let line = this.#lines.get(replyTo);
    if (!line) {
      line = { texts: [], units: 0, inFlight: false };
      this.#lines.set(replyTo, line);
      // At the end of this turn, so that what is told together travels together.
      queueMicrotask(() => this.#send(replyTo));
    }
    const room = Math.floor(this.#publisher.maxMessageBytes / BYTES_PER_UNIT) - line.units;
    if (line.texts.length > 0 && text.length + 2 > room) this.#send(replyTo);
    line.texts.push(text);
    line.units += text.length + 1;
    if (line.texts.length >= MAX_RESULTS_PER_MESSAGE) this.#send(replyTo);
  }

  #send(replyTo: string): void {
    const line = this.#lines.get(replyTo);
    if (!line || line.texts.length === 0) return;
    const message = joinResults(line.texts);
    const first = !line.inFlight;
    line.texts = [];
    line.units = 0;
    line.inFlight = true;
    const sent = this.#publisher.publish('heddle.replies', replyTo, message);
    const failed = (error: unknown): void => {
      this.#log.debug({ err: error, replyTo }, 'results could not be sent to their follower');
    };
    if (first) void sent.catch(failed).then(() => this.#sent(replyTo));
    else sent.catch(failed);
  }

  #sent(replyTo: string): void {
    const line = this.#lines.get(replyTo);
    if (!line) return;
    line.inFlight = false;
    if (line.texts.length > 0) this.#send(replyTo);
    else this.#lines.delete(replyTo);
  }
}
