import { describeDuration } from '../setup/report-step.mjs';

/** Files that are named for each reason; a folder may have any number. */
const NAMED_FILES = 20;

/** What came of a run: counts, and the first files of each reason. */
export class Summary {
  #images = 0;
  #made = 0;
  #thumbnails = 0;
  #done = 0;
  #reasons = { refused: new Map(), failed: new Map() };

  /** @param {{file: string, outcome: 'made' | 'done' | 'refused' | 'failed', thumbnails: number, reason?: string}} result */
  add({ file, outcome, thumbnails, reason = '' }) {
    if (outcome === 'done') {
      this.#done += 1;
      return;
    }
    this.#images += 1;
    this.#thumbnails += thumbnails;
    if (outcome === 'made') {
      this.#made += 1;
      return;
    }
    const code = reason.split(':', 1)[0];
    const reasons = this.#reasons[outcome];
    const group = reasons.get(code) ?? { count: 0, files: [] };
    reasons.set(code, group);
    group.count += 1;
    if (group.files.length < NAMED_FILES) group.files.push({ file, why: reason.slice(code.length + 2) });
  }

  get hasFailed() {
    return this.#reasons.failed.size > 0;
  }

  /** @returns {string[]} */
  lines(elapsedMs, folder) {
    const rate = (this.#images / (elapsedMs / 1000)).toFixed(1);
    return [
      `${this.#images} images in ${describeDuration(elapsedMs)}: ${rate} images/s`,
      ...(this.#done > 0 ? [`${this.#done} more were done before`] : []),
      `${this.#thumbnails} thumbnails of ${this.#made} images in ${folder}`,
      ...byReason('refused', this.#reasons.refused),
      ...byReason('failed', this.#reasons.failed),
    ];
  }
}

/** `2 refused`, and below it a line for each reason's code with its files. */
function byReason(title, reasons) {
  if (reasons.size === 0) return [];
  const total = [...reasons.values()].reduce((sum, { count }) => sum + count, 0);
  const lines = [...reasons].flatMap(([code, { count, files }]) => [
    `  ${code}: ${count}`,
    ...files
      .toSorted((one, other) => (one.file < other.file ? -1 : 1))
      .map(({ file, why }) => `      ${printable(file)}  ${printable(why)}`.trimEnd()),
    ...(count > files.length ? [`      and ${count - files.length} more`] : []),
  ]);
  return [`${total} ${title}`, ...lines];
}

/** Names of files may hold anything, and a terminal obeys control characters. */
function printable(text) {
  return text.replace(/\p{Cc}/gu, (character) => {
    const written = JSON.stringify(character).slice(1, -1);
    return written === character ? `\\u00${character.charCodeAt(0).toString(16)}` : written;
  });
}
