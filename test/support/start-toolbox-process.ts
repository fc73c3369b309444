import { type AskedProcess, startAskedProcess } from './start-asked-process.ts';
import type { Call, Done } from './toolbox-process.ts';

/** A process with a session of its own. Its news: the fences of the leases that it has lost. */
export interface ToolboxProcess extends Omit<AskedProcess<Call, number>, 'ask'> {
  /** Tells of a failure as of a success, with the times. */
  tell<T>(call: Call): Promise<Done<T>>;
}

export async function startToolboxProcess(url: string, heartbeatSeconds = 5): Promise<ToolboxProcess> {
  const { ask, ...rest } = await startAskedProcess<Call, number>({
    module: new URL('toolbox-process.ts', import.meta.url),
    args: [url, String(heartbeatSeconds)],
  });
  return { ...rest, tell: (call) => ask(call) };
}
