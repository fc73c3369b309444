/**
 * The design that predictions are compared with: clients put requests into a table, workers look into it every 250 ms, clients look
 * for their answer every 250 ms. The table is in memory and the model the same, so that only the design differs.
 * Asked for `{ requests: n }` it makes n requests, one after the other, and answers with their latencies in milliseconds.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { answerParent } from '../processes/answer-parent.ts';
import { makePicture } from './make-picture.ts';

/** Imported by its path, because services are no libraries. */
interface ClassifierModule {
  readonly classifier: () => { classify(bytes: Buffer, top: number): Promise<unknown> };
}

const POLL_MS = 250;
const module = new URL('../../../services/consumer/dist/inference/classifier.js', import.meta.url);
const classifier = ((await import(module.href)) as ClassifierModule).classifier();
const picture = await makePicture();
await classifier.classify(picture, 5);

const table = new Map<number, { answer: unknown }>();
setInterval(() => {
  for (const row of table.values()) {
    if (row.answer === undefined)
      void classifier.classify(picture, 5).then((answer) => (row.answer = answer));
  }
}, POLL_MS);

answerParent(async ({ requests }: { requests: number }) => {
  const latencies: number[] = [];
  for (let id = 0; id < requests; id += 1) {
    // A client comes when it comes, not when the worker has just looked.
    await pause(Math.random() * POLL_MS);
    const began = performance.now();
    const row = { answer: undefined as unknown };
    table.set(id, row);
    while (row.answer === undefined) await pause(POLL_MS);
    table.delete(id);
    latencies.push(performance.now() - began);
  }
  return latencies;
});
