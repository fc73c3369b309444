import type { ServerResponse } from 'node:http';

/** Answers that the client has not read yet: beyond this, no more lines are taken. */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;
/** A client that reads nothing for so long while it must is given up. */
const STALLED_MS = 60_000;

/**
 * Writes the answers of a stream of requests in the order of the requests, whichever is ready first, with a bounded
 * number under way.
 */
export class OrderedAnswers {
  readonly #response: ServerResponse;
  readonly #window: number;
  /** In order; `undefined` while an answer is not ready. */
  readonly #slots: { text: string | undefined }[] = [];
  #first = 0;
  #wake: (() => void) | undefined;
  #writing = false;

  constructor(response: ServerResponse, window: number) {
    this.#response = response;
    this.#window = window;
    response.on('drain', () => this.#wakeUp());
    response.on('close', () => this.#wakeUp());
  }

  /** Takes the next place in the order. `answer` never rejects. */
  add(answer: Promise<string>): void {
    const slot: { text: string | undefined } = { text: undefined };
    this.#slots.push(slot);
    void answer.then((text) => {
      slot.text = text;
      this.#writeSoon();
    });
  }

  /** Resolves when there is room for another; rejects when the client is gone or does not read. */
  async room(): Promise<void> {
    while (this.#underWay >= this.#window || this.#response.writableLength > MOST_UNREAD_BYTES)
      await this.#woken();
  }

  /** Resolves when every answer has been written. */
  async finish(): Promise<void> {
    while (this.#underWay > 0) await this.#woken();
  }

  get #underWay(): number {
    return this.#slots.length - this.#first;
  }

  /** Once a turn, so that a burst of answers is one write. */
  #writeSoon(): void {
    if (this.#writing) return;
    this.#writing = true;
    setImmediate(() => {
      this.#writing = false;
      this.#writeReady();
    });
  }

  #writeReady(): void {
    let text = '';
    for (let slot = this.#slots[this.#first]; slot?.text !== undefined; slot = this.#slots[++this.#first]) {
      text += slot.text;
    }
    if (text === '') return;
    this.#slots.splice(0, this.#first);
    this.#first = 0;
    if (!this.#response.destroyed) this.#response.write(text);
    this.#wakeUp();
  }

  #woken(): Promise<void> {
    if (this.#response.destroyed) return Promise.reject(new Error('the client is gone'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#response.destroy();
        reject(new Error(`the client read nothing for ${STALLED_MS} ms`));
      }, STALLED_MS);
      this.#wake = () => {
        clearTimeout(timer);
        if (this.#response.destroyed) reject(new Error('the client is gone'));
        else resolve();
      };
    });
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
