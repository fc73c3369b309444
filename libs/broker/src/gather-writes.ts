import type { Writable } from 'node:stream';

/**
 * Lets what is written in one turn of the event loop leave in one call of the system. amqplib writes once for each channel: a
 * hundred acks of a hundred channels were a hundred packets, each of which the broker has to take up.
 */
export function gatherWrites(stream: Writable): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let gathering = false;
  const send = (): void => {
    gathering = false;
    stream.uncork();
  };
  stream.write = (...args: unknown[]): boolean => {
    if (!gathering) {
      gathering = true;
      stream.cork();
      process.nextTick(send);
    }
    return write(...args);
  };
}
