import { setFlagsFromString } from 'node:v8';

/**
 * Per cent of what lives that may be added before the whole heap is looked through, as V8 is told.
 *
 * V8 counts the bytes of buffers towards the heap, and looks through all of it whenever it has grown by some part. Our
 * heaps are small and our messages large: with the default growth a worker that is given photos of 1.4 MB did so at
 * every third, and spent more time on that than on the photos' way through it. The buffers die young, so that nearly all
 * are freed by the small collections in between, if those get the time.
 */
export const HEAP_GROWTH = '--heap-growing-percent=400';

/** For this process, from now on. */
export function setHeapGrowth(): void {
  setFlagsFromString(HEAP_GROWTH);
}
