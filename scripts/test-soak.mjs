/**
 * `npm run test:soak [-- FILTER…]`: what takes minutes, such as faults under a long load; of each, `npm test` runs a short version.
 */
import { soakProjects } from './verify/list-checks.mjs';
import { runSuite } from './verify/run-suite.mjs';

await runSuite({ projects: soakProjects });
