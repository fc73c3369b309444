import type { AskingRun } from './ask-recorder.ts';
import { askRecorder } from './ask-recorder.ts';
import type { WorkerPorts } from './worker-ports.ts';

/** The state of a key as it is now; undefined: it has none. While the recorder is away it is asked again, until the run is stopped. */
export async function readKeyState(
  worker: Pick<WorkerPorts, 'recorder'>,
  run: AskingRun,
  state: string,
  key: string,
): Promise<unknown> {
  return (await askRecorder(worker, run, { op: 'state-read', state, key })).value;
}
