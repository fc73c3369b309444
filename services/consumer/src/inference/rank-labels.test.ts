import { expect, it } from 'vitest';
import { rankLabels } from './rank-labels.ts';

const labels = ['cat', 'dog', 'car'];

it('names the likeliest labels first, as many as asked for', () => {
  expect(rankLabels(Float32Array.of(0.25, 0.5, 0.25), labels, 2)).toEqual([
    { label: 'dog', probability: 0.5 },
    { label: 'cat', probability: 0.25 },
  ]);
});

it('makes probabilities of scores, however large they are', () => {
  const predictions = rankLabels(Float32Array.of(1000, 1000, -1000), labels, 3);
  expect(predictions).toEqual([
    { label: 'cat', probability: 0.5 },
    { label: 'dog', probability: 0.5 },
    { label: 'car', probability: 0 },
  ]);
});

it('takes scores that only look like probabilities for scores', () => {
  const [best] = rankLabels(Float32Array.of(0, 2, 0), labels, 1);
  expect(best?.probability).toBeCloseTo(Math.exp(2) / (Math.exp(2) + 2), 5);
});

it('takes off what a model has rounded up: all together are 1', () => {
  const predictions = rankLabels(Float32Array.of(0.5, 0.25, 0.255), labels, 3);
  const sum = predictions.reduce((total, { probability }) => total + probability, 0);
  expect(sum).toBeCloseTo(1, 5);
});
