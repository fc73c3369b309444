import { defineTask } from '@heddle/client';
import { noop } from './run-noop.ts';

export const beside = defineTask({ name: 'bench.beside', ...noop });
export const limited = defineTask({ name: 'bench.limited', limit: { concurrency: 1_000 }, ...noop });
export const rated = defineTask({
  name: 'bench.rated',
  limit: { rate: { count: 1_000, per: '10ms' } },
  ...noop,
});
export const fair = defineTask({
  name: 'bench.fair',
  fair: { by: ({ number }) => number % 4 },
  ...noop,
});
export const guarded = defineTask({ name: 'bench.guarded', concurrency: 1_000, ...noop });
