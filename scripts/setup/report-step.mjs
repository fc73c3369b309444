let out = process.stdout;
// `npm start | head` closes the pipe; that is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** Whether a step has said what it is and not yet what came of it. */
let isLineOpen = false;
/** Lines of steps that were done beside it: they follow when it is done. */
const held = [];

/** From now on steps are told on the standard error output: for commands whose output others read. */
export function reportAside() {
  out = process.stderr;
}

/** 380 ms, 4.2 s, 3 min 20 s. */
export function describeDuration(ms) {
  if (ms < 950) return `${Math.round(ms)} ms`;
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * Runs one step and says so in one line: what it is before it begins, what it did and how long it took when it is done.
 * @template T
 * @param {string} what
 * @param {(says: (done: string) => void) => Promise<T> | T} work calls `says` to put its outcome into words
 * @returns {Promise<T>}
 */
export function reportStep(what, work) {
  out.write(`${what} … `);
  isLineOpen = true;
  return timed(work, (ending) => {
    out.write(`${ending}\n${held.splice(0).join('')}`);
    isLineOpen = false;
  });
}

/**
 * The same for a step that runs beside others: its line is written whole, when it is done.
 * @template T
 * @param {string} what
 * @param {(says: (done: string) => void) => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export function reportWhenDone(what, work) {
  return timed(work, (ending) => {
    const line = `${what} … ${ending}\n`;
    if (isLineOpen) held.push(line);
    else out.write(line);
  });
}

async function timed(work, tell) {
  const began = performance.now();
  const took = () => describeDuration(performance.now() - began);
  let outcome = 'done';
  try {
    const result = await work((done) => {
      outcome = done;
    });
    tell(`${outcome} (${took()})`);
    return result;
  } catch (error) {
    tell(`failed (${took()})`);
    throw error;
  }
}
