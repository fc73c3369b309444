/** A decoded picture: sRGB, 8 bits a channel, upright, rows from the top without padding. */
export interface Picture {
  readonly pixels: Buffer;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. Alpha is not premultiplied. */
  readonly channels: 1 | 2 | 3 | 4;
}

export function hasAlpha(picture: Picture): boolean {
  return picture.channels === 2 || picture.channels === 4;
}

/** Width and height with the longest side brought down to `size`: rounded, at least 1, never enlarged. */
export function fitInside(
  original: { readonly width: number; readonly height: number },
  size: number,
): { width: number; height: number } {
  const scale = Math.min(1, size / Math.max(original.width, original.height));
  return {
    width: Math.max(1, Math.round(original.width * scale)),
    height: Math.max(1, Math.round(original.height * scale)),
  };
}
