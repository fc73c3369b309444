/** Thirteen large primes, five times, an input of `math.is-prime` a line. Beyond the safe integers as text. */
const PRIMES = [
  2_147_483_647,
  112_272_535_095_293,
  112_582_705_942_171,
  115_280_095_190_773,
  115_797_848_077_099,
  9_007_199_254_740_881,
  999_999_999_999_989,
  999_999_999_999_947,
  999_999_999_999_883,
  '999999999999999989',
  '999999999999999967',
  '999999999999999877',
  '999999999999999863',
];
for (let time = 0; time < 5; time += 1) {
  for (const n of PRIMES) process.stdout.write(`${JSON.stringify({ n })}\n`);
}
