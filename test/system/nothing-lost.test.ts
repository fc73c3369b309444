import { it } from 'vitest';
import { surviveFaults } from '../support/survive-faults.ts';

const JOBS = 4_000;

it(`loses no job that got a 202, whatever is killed while ${JOBS} of them run`, async () => {
  await surviveFaults(JOBS, 150_000);
});
