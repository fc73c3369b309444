/**
 * `npm test`: everything that must hold. Arguments after `--` pick test files, such as `npm test -- libs/broker`.
 * The last line counts checks and tests; the exit code is 0 only if none failed.
 */
import { checks, testProjects } from './verify/list-checks.mjs';
import { runSuite } from './verify/run-suite.mjs';

await runSuite({ checks, projects: testProjects });
