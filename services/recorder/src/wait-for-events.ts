import { setTimeout } from 'node:timers/promises';
import type { Broker } from '@heddle/broker';
import { HeddleError } from '@heddle/contracts';
import type { DeliveryRecorder } from './record-deliveries.ts';

/** How long a question waits for events that are on their way. */
const PATIENCE_MS = 1_000;
/** It has looked at least so often, also when this process stood still for that long. */
const FEWEST_LOOKS = 3;
/** A message that the broker has sent and we have not got yet is in nobody's count for less than this. */
const LOOK_EVERY_MS = 25;
/** Of the requests that are under way at once, so many may wait; those beyond are told to come again. */
const MAX_WAITING = 25;
/** A job's id tells when it was made. So young a job's events may still be with another recorder. */
const YOUNG_MS = 5_000;

/** Tells "not yet" from "never": whether events that the broker has are all in the database. */
export class EventWatch {
  readonly #broker: Pick<Broker, 'countMessages'>;
  readonly #recorder: Pick<DeliveryRecorder, 'holding' | 'taken'>;
  /** Whether other recorders may hold events. */
  readonly #shared: boolean;
  #waiting = 0;

  constructor(
    broker: Pick<Broker, 'countMessages'>,
    recorder: Pick<DeliveryRecorder, 'holding' | 'taken'>,
    shared: boolean,
  ) {
    this.#broker = broker;
    this.#recorder = recorder;
    this.#shared = shared;
  }

  /**
   * What `find` finds, as soon as it does. Throws `recorder_behind` if events were still on their way after a second,
   * `absent` once all have been read and it is not among them.
   */
  async find<T>(
    id: string,
    find: () => Promise<T | undefined>,
    absent = new HeddleError('job_not_found', `there is no job ${id}`),
  ): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    let quietSince: number | undefined;
    for (let looks = 1; ; looks++) {
      // First how much was read, then the look: what is read in between is found the next time.
      const taken = this.#recorder.taken;
      const quiet = await this.#isQuiet();
      const found = await find();
      if (found !== undefined) return found;
      if (quiet && quietSince === taken && !this.#mayBeElsewhere(id)) throw absent;
      const isLate = looks >= FEWEST_LOOKS && Date.now() >= deadline;
      if (isLate || this.#waiting >= MAX_WAITING) {
        throw new HeddleError(
          'recorder_behind',
          `events are still on their way; job ${id} may be among them`,
        );
      }
      quietSince = quiet ? taken : undefined;
      this.#waiting++;
      await setTimeout(LOOK_EVERY_MS);
      this.#waiting--;
    }
  }

  /** Nothing in our hands and nothing ready in the queue. */
  async #isQuiet(): Promise<boolean> {
    if (this.#recorder.holding > 0) return false;
    try {
      return (await this.#broker.countMessages('heddle.events.recorder')) === 0;
    } catch {
      return false;
    }
  }

  #mayBeElsewhere(id: string): boolean {
    return this.#shared && Date.now() - timeOfId(id) < YOUNG_MS;
  }
}

const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** When a UUIDv7 was made, in milliseconds since the epoch; 0 for other ids. */
function timeOfId(id: string): number {
  const match = UUID_V7.exec(id);
  return match ? Number.parseInt(`${match[1]}${match[2]}`, 16) : 0;
}
