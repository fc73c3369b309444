import { readFile } from 'node:fs/promises';
import { HeddleError } from '@heddle/contracts';

/** The labels are at fault, not the model beside them: its own class, because each has a setting of its own. */
export class LabelsError extends HeddleError {}

/** One label for each output of the model; without a file their numbers. Rejects with `model_unavailable`, naming the file. */
export async function readLabels(path: string, outputs: number): Promise<string[]> {
  if (path === '') return Array.from({ length: outputs }, (_, index) => String(index));
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new LabelsError('model_unavailable', `${path}: ${(error as Error).message}`, { cause: error });
  });
  const labels = text.replace(/\r?\n$/, '').split(/\r?\n/);
  if (labels.length === outputs) return labels;
  const expected = `expected ${outputs} labels, as many as the model has outputs`;
  throw new LabelsError('model_unavailable', `${path}: ${expected}, got ${labels.length}`);
}
