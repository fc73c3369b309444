import type { ThumbnailInput } from '@heddle/contracts';
export interface Thumbnail {
  readonly size: number;
  readonly name: string;
  readonly type: string;
  readonly body: Buffer;
  readonly width: number;
  readonly height: number;
}
export async function makeThumbnails(_bytes: Buffer, _input: ThumbnailInput): Promise<Thumbnail[]> {
  return [];
}
