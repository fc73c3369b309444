export interface Prediction {
  readonly label: string;
  /** From 0 to 1; those of all labels add up to 1. */
  readonly probability: number;
}

/** How far from 1 the sum of what a model calls probabilities may be. */
const ROUNDING = 0.01;

/** The `top` likeliest labels, best first. Scores that are no probabilities yet become such by a softmax. */
export function rankLabels(scores: Float32Array, labels: readonly string[], top: number): Prediction[] {
  const probabilities = shares(areProbabilities(scores) ? scores : powers(scores));
  return [...probabilities.keys()]
    .sort((a, b) => (probabilities[b] as number) - (probabilities[a] as number))
    .slice(0, top)
    .map((index) => ({ label: labels[index] as string, probability: round(probabilities[index] as number) }));
}

function areProbabilities(scores: Float32Array): boolean {
  let sum = 0;
  for (const score of scores) {
    if (!(score >= 0)) return false;
    sum += score;
  }
  return Math.abs(sum - 1) <= ROUNDING;
}

/** Of a softmax; the largest score is taken off, so that none overflows. */
function powers(scores: Float32Array): Float32Array {
  const largest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  return scores.map((score) => Math.exp(score - largest));
}

/** Each as a share of all. */
function shares(parts: Float32Array): Float32Array {
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
}

/** What a 32-bit float is sure of. */
function round(probability: number): number {
  return Math.round(probability * 1e6) / 1e6;
}
