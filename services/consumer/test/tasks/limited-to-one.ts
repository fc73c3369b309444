import { limitedTask } from './limited.ts';

export const one = limitedTask('limited.jobs', { concurrency: 1 });
