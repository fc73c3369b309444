import sharp from 'sharp';

/** The loaders that read strangers' bytes. A misspelt name would be accepted without a word: the test opens one of each. */
const OPENED = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadNsgifBuffer',
  'VipsForeignLoadHeifBuffer',
];

// For the whole process: nothing here opens files, and nothing guesses formats.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: OPENED });
// One picture at a time on one core; the pool has a process for each core.
sharp.concurrency(1);
sharp.cache(false);

/** A picture with more pixels is refused: 50 MP are 200 MB once decoded. */
export const MAX_PIXELS = 50_000_000;

export { sharp };
