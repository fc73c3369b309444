/** The child process of a process pool: runs the handlers that it is sent, one at a time, until its parent lets go of it. */

import { stopTracing } from '@heddle/tracing';
import { readBytes } from './byte-pipe.ts';
import type { ToProcess } from './run-protocol.ts';
import { RemoteRun, type Send } from './run-remotely.ts';
import { watchProcess } from './watch-process.ts';

/** How long the export of the last spans may take; without tracing there are none. */
const LAST_SPANS_MS = 1_000;

// A terminal's Ctrl-C and a supervisor's signal go to the whole group; the parent decides when its children end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => void stopTracing(LAST_SPANS_MS).then(() => process.exit(0)));
watchProcess(Number(process.argv[2]));

const send: Send = (message) =>
  new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });

let running: RemoteRun | undefined;
process.on('message', (message: ToProcess) => {
  if (message.kind === 'stop') return running?.stop(message.reason);
  if (message.kind === 'answer') return running?.answer(message);
  running = new RemoteRun({ ...message, bytes: readBytes(message.bytes) }, send);
  void running.run();
});
