import { limitedTask } from './limited.ts';

export const six = limitedTask('limited.jobs', { concurrency: 6 });
