/** What a worker serves when it is not told otherwise. */
export const builtInTasks = [
  'data.aggregate',
  'data.merge',
  'debug.echo',
  'debug.sleep',
  'debug.fail',
  'debug.crash',
  'image.thumbnail',
  'math.count-primes',
  'math.is-prime',
  'math.sum',
  'web.download',
  'web.title',
] as const;
