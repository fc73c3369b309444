import { defineTask } from '@heddle/client';
import { noop } from '../flow/run-noop.ts';

export const plain = defineTask({ name: 'bench.plain', ...noop });
export const thread = defineTask({ name: 'bench.thread', pool: 'thread', ...noop });
export const childProcess = defineTask({ name: 'bench.process', pool: 'process', ...noop });
export const telling = defineTask({
  name: 'bench.telling',
  input: noop.input,
  run: ({ input, progress }) => {
    progress(0.5, 'half way');
    return input;
  },
});
