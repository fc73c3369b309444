import { it } from 'vitest';
import { surviveFaults } from '../support/survive-faults.ts';

const JOBS = 20_000;

it(`loses no job that got a 202, whatever is killed while ${JOBS} of them run`, async () => {
  await surviveFaults(JOBS, 600_000);
});
