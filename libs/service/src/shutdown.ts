/** Ctrl-C in a terminal reaches a process twice when npm runs it: what comes this soon is the same keypress. */
const SAME_KEYPRESS_MS = 500;

/**
 * Calls `drain` at the first SIGTERM or SIGINT, or when the process that started this one with an IPC channel is gone;
 * calls `force` when a person asks again.
 */
export function onShutdown(drain: (reason: string) => void, force: () => void): void {
  let first: number | undefined;
  const asked = (reason: string) => {
    if (first === undefined) {
      first = Date.now();
      drain(reason);
    } else if (Date.now() - first > SAME_KEYPRESS_MS) {
      force();
    }
  };
  process.on('SIGTERM', () => asked('SIGTERM'));
  process.on('SIGINT', () => asked('SIGINT'));
  const orphaned = () => asked('the parent process is gone');
  if (process.channel) {
    process.once('disconnect', orphaned);
    process.channel.unref();
  } else if ((process as { connected?: boolean }).connected === false) {
    // Undefined without a channel. There was one: whoever started this process was gone before all its modules were loaded.
    orphaned();
  }
}
