/** Ctrl-C in a terminal arrives twice, once from the terminal and once from npm: what comes this soon is the same keypress. */
const SAME_KEYPRESS_MS = 500;
const PARENT_CHECK_MS = 500;

/**
 * Calls `stop` when somebody asks this process to end, and `force` when a person asks again. npm does not pass its own death on,
 * so that is watched for.
 */
export function onStopAsked(stop, force) {
  let first;
  const asked = (why) => {
    if (first === undefined) {
      first = Date.now();
      stop(why);
    } else if (Date.now() - first > SAME_KEYPRESS_MS) {
      force();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => asked(signal));
  if (process.env.npm_execpath) {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      asked('npm has ended');
    }, PARENT_CHECK_MS);
    watch.unref();
  }
}
