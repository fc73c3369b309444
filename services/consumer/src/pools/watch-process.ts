import { Worker } from 'node:worker_threads';

const EVERY_MS = 50;

/** What the parent finds on standard error when a child ended itself for memory. */
export const OUT_OF_MEMORY = 'heddle: out of memory:';

/**
 * Ends this process when it uses more than `memoryBytes` of resident memory, or when its parent is gone. A thread of its
 * own looks, because the handler may hold the main one in native code or an endless loop. Plain JavaScript in a string:
 * the thread needs no loader, starts in a few milliseconds and costs little memory.
 */
export function watchProcess(memoryBytes: number): void {
  const watch = `
    const { writeSync } = require('node:fs');
    const parent = process.ppid;
    setInterval(() => {
      const used = process.memoryUsage.rss();
      if (used > ${memoryBytes}) {
        writeSync(2, '${OUT_OF_MEMORY} ' + used + ' bytes, allowed are ${memoryBytes}\\n');
        process.kill(process.pid, 'SIGKILL');
      }
      if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
    }, ${EVERY_MS});
  `;
  new Worker(watch, { eval: true, execArgv: [], stderr: false }).unref();
}
