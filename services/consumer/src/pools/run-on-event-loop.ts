import { failed, type Outcome } from '../jobs/outcome.ts';
import { callHandler } from './call-handler.ts';
import type { Pool } from './pool.ts';

/**
 * The handler is called where we stand. One that has timed out is told so by its signal and forgotten: nothing can end
 * it, and its slot is free again. One that is cancelled is waited for, until its time is up.
 */
export const eventLoopPool: Pool = {
  run(run) {
    let returned: unknown;
    try {
      returned = callHandler(run.task, run);
    } catch (error) {
      return failed(error);
    }
    if (!(returned instanceof Promise)) return { state: 'succeeded', result: returned };
    return new Promise<Outcome>((resolve) => {
      run.onStop = (reason) => {
        if (reason === 'timed_out') resolve(failed(run.stopError()));
      };
      returned.then(
        (result) => resolve({ state: 'succeeded', result }),
        (error: unknown) => resolve(failed(error)),
      );
    });
  },
  processIds: [],
  close: () => Promise.resolve(),
};
