import { generatePhotos, type Photo } from './generate-photos.ts';
import { readPhotos } from './read-photos.ts';

export const SIZES = [32, 64, 128] as const;

/** The photos of a folder, or generated ones when none is given. */
export function choosePhotos(folder: string | undefined): Promise<Photo[]> {
  return folder ? readPhotos(folder) : generatePhotos();
}
