/**
 * The thumbnails references: a loop in one process without broker, HTTP or database, with plain sharp or with the worker's own
 * function. `argv[2]`: a folder of photos; absent: generated ones. Asked for `{ images: n }` it makes thumbnails of n images,
 * going through the photos in turn, `atOnce` of them at any time, and answers with the number of thumbnails.
 */
import { keepInFlight } from '../harness/keep-in-flight.ts';
import { answerParent } from '../processes/answer-parent.ts';
import { choosePhotos, SIZES } from './choose-photos.ts';
import { makeWithSharp } from './make-with-sharp.ts';

/** The worker's pure function; it is imported by its path, because services are no libraries. */
interface ThumbnailModule {
  readonly makeThumbnails: (
    bytes: Buffer,
    input: { readonly sizes: number[]; readonly format: 'png' },
  ) => Promise<readonly { readonly body: Buffer }[]>;
}

export interface MakeThumbnails {
  readonly images: number;
  readonly atOnce: number;
  readonly by: 'sharp' | 'worker';
}

const module = new URL('../../../services/consumer/dist/images/make-thumbnails.js', import.meta.url);
const { makeThumbnails } = (await import(module.href)) as ThumbnailModule;
const photos = await choosePhotos(process.argv[2]);

answerParent(async ({ images, atOnce, by }: MakeThumbnails) => {
  let total = 0;
  await keepInFlight(images, atOnce, async (index) => {
    const photo = photos[index % photos.length];
    if (!photo) throw new Error('expected photos');
    const made =
      by === 'sharp'
        ? await makeWithSharp(photo.bytes, SIZES)
        : await makeThumbnails(photo.bytes, { sizes: [...SIZES], format: 'png' });
    total += made.length;
  });
  return total;
});
