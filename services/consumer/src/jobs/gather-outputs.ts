import { encodeOutputs, type OutputDescription, type OutputMessage } from '@heddle/contracts';
import type { WorkerPorts } from './worker-ports.ts';

/** What one message of small outputs may hold, in bytes; and a larger output travels alone. */
const GATHERED_BYTES = 256 * 1024;

/**
 * The outputs of one run on their way to the recorder. Small ones are gathered and sent in one message at the run's end;
 * who adds more than fits waits until the broker has confirmed what went before.
 */
export class GatheredOutputs {
  readonly descriptions: OutputDescription[] = [];
  readonly #worker: WorkerPorts;
  readonly #job: string;
  readonly #run: string;
  readonly #sent: Promise<void>[] = [];
  #gathered: OutputMessage[] = [];
  #bytes = 0;

  constructor(worker: WorkerPorts, job: string, run: string) {
    this.#worker = worker;
    this.#job = job;
    this.#run = run;
  }

  /** Takes an output that has been checked and described. Resolves when there is room for the next. */
  async add(description: OutputDescription, bytes: Uint8Array): Promise<void> {
    this.descriptions.push(description);
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const full = this.#bytes + body.length > GATHERED_BYTES ? this.#send() : undefined;
    this.#gathered.push({ ...description, job: this.#job, run: this.#run, body });
    this.#bytes += body.length;
    if (full) await full;
  }

  /** Sends what is gathered. Resolves when everything is confirmed; rejects when something cannot be. */
  async confirm(): Promise<void> {
    void this.#send();
    if (this.#sent.length > 0) await Promise.all(this.#sent);
  }

  #send(): Promise<void> | undefined {
    const [first, ...rest] = this.#gathered;
    if (!first) return undefined;
    this.#gathered = [];
    this.#bytes = 0;
    const confirmed = this.#worker.publisher.publish(
      'heddle.events',
      'output',
      encodeOutputs([first, ...rest]),
    );
    // A failure is met again when the run is settled; until then nobody may be listening.
    confirmed.catch(() => undefined);
    this.#sent.push(confirmed);
    return confirmed;
  }
}
