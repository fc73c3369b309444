import { defineTask } from '@heddle/client';
import { noop } from './run-noop.ts';

export const alone = defineTask({ name: 'bench.alone', ...noop });
export const long = defineTask({ name: 'bench.long', concurrency: 1_000, ...noop });
