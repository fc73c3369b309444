/** A decoded picture: sRGB, 8 bits a channel, upright, rows from the top without padding. */
export interface Picture {
  readonly pixels: Buffer;
  readonly width: number;
  readonly height: number;
  /** 3: RGB; grey is RGB, too. 4: RGB and alpha, which is not multiplied into the colours. */
  readonly channels: 3 | 4;
}

export function hasAlpha(picture: Picture): boolean {
  return picture.channels === 4;
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
