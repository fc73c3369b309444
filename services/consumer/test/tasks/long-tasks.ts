import { limitedTask } from './limited.ts';

export const free = limitedTask('long.free', { rate: { count: 1_000, per: '1s' } });
export const one = limitedTask('long.one', { concurrency: 1 });
