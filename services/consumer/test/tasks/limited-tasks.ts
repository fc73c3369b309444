import { limitedTask } from './limited.ts';

export const three = limitedTask('limited.jobs', { concurrency: 3 });
export const retried = limitedTask('limited.retried', { concurrency: 2 }, 2);
export const rated = limitedTask('limited.rated', { rate: { count: 5, per: '500ms' } });
export const both = limitedTask('limited.both', { concurrency: 2, rate: { count: 4, per: '400ms' } });
