import sharp from 'sharp';

/** A photo-like JPEG of 640 × 480: noise on a colour, some 60 KB. */
export function makePicture(): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 20 } as const;
  return sharp({ create: { width: 640, height: 480, channels: 3, background: '#3c913c', noise } })
    .jpeg({ quality: 80 })
    .toBuffer();
}
