import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

/** Takes the whole worker down, wherever it runs: itself on the event loop, its parent from a child process. */
export const poison = defineTask({
  name: 'poison.maybe',
  input: z.object({ isPoison: z.boolean(), ms: z.int() }),
  run: async ({ input, job }) => {
    await sleep(input.ms);
    if (!input.isPoison) return { attempt: job.attempt, pid: process.pid };
    const isChild = process.argv[1]?.includes('pool-process') ?? false;
    process.kill(isChild ? process.ppid : process.pid, 'SIGKILL');
    await sleep(60_000);
  },
});
