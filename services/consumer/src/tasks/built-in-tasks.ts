/** The tasks that every worker has; threads and child processes find them here, too. Nothing heavy is imported before a job needs it. */
export { debugCrash } from './debug-crash.ts';
export { debugEcho } from './debug-echo.ts';
export { debugFail } from './debug-fail.ts';
export { debugSleep } from './debug-sleep.ts';
export { imageThumbnail } from './image-thumbnail.ts';
