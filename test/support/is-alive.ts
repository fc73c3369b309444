import { existsSync, readFileSync } from 'node:fs';

/**
 * Whether this process runs. One that has ended and that nobody has asked about yet does not, where `/proc` tells; elsewhere
 * it counts until its parent has asked, which an orphan's new parent does at once.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    // Where there is `/proc`, it has just ended.
    return !existsSync('/proc/self/stat');
  }
}
