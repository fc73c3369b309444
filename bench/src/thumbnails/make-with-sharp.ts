import sharp from 'sharp';

// As the worker sets it: the pool is what runs in parallel, and nothing is asked for twice.
sharp.concurrency(1);
sharp.cache(false);

const LIMITS = { limitInputPixels: 50_000_000, failOn: 'warning', pages: 1 } as const;

/**
 * The worker's pipeline in plain calls of sharp: one decode at the largest size, upright and in sRGB, each smaller size from
 * the next larger one, each encoded as PNG. Sizes in pixels of the longest side; gives a file for each, largest first.
 */
export async function makeWithSharp(bytes: Buffer, sizes: readonly number[]): Promise<Buffer[]> {
  const [largest = 1, ...smaller] = sizes.toSorted((a, b) => b - a);
  const inside = { fit: 'inside', withoutEnlargement: true } as const;
  let { data, info } = await sharp(bytes, LIMITS)
    .autoOrient()
    .resize(largest, largest, inside)
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const files = [await sharp(data, { raw: info }).png().toBuffer()];
  for (const size of smaller) {
    ({ data, info } = await sharp(data, { raw: info })
      .resize(size, size, inside)
      .raw()
      .toBuffer({ resolveWithObject: true }));
    files.push(await sharp(data, { raw: info }).png().toBuffer());
  }
  return files;
}
