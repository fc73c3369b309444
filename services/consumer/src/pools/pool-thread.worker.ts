/** A thread of a thread pool. */
import type { MessagePort } from 'node:worker_threads';
import type { FromHandler, RunRequest, ToHandler } from './run-protocol.ts';
import { RemoteRun } from './run-remotely.ts';

/** Runs one handler; everything about it goes through `port`, so that it arrives in order. */
export async function runInThread({
  request,
  port,
}: {
  request: RunRequest;
  port: MessagePort;
}): Promise<void> {
  const run = new RemoteRun(request, (message) => port.postMessage(message, transferable(message)));
  port.on('message', (message: ToHandler) => {
    if (message.kind === 'stop') run.stop(message.reason);
    if (message.kind === 'answer') run.answer(message);
  });
  await run.run();
  port.close();
}

/** A whole buffer is handed over; a part of one is copied, because the handler may still use the rest. */
function transferable(message: FromHandler): ArrayBuffer[] {
  if (message.kind !== 'output') return [];
  const { buffer, byteLength } = message.bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
