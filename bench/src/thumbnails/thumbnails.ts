import { Agent, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { RecorderClient } from '@heddle/client';
import type { Benchmark } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startReference } from '../processes/start-reference.ts';
import { startService } from '../processes/start-service.ts';
import { waitForFinished } from '../processes/wait-for-finished.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import type { MakeThumbnails } from './bare-thumbnails.process.ts';
import { choosePhotos, SIZES } from './choose-photos.ts';
import type { Photo } from './generate-photos.ts';

const TASK = 'image.thumbnail';
const IMAGES = 120;
/** Uploads at once. */
const UPLOADS = 8;

/**
 * Thumbnails a second, from the first upload until the recorder has stored them all. The reference is a loop of
 * plain sharp calls that does the same, as many at once as there are cores; a second one runs the worker's own function, whose
 * resampling and PNG encoder are faster than sharp's at these sizes, and so shows what broker, HTTP and recording cost.
 */
export const thumbnails: Benchmark = {
  name: 'thumbnails',
  about:
    'photos × 32, 64, 128 px through HTTP, broker, worker and recorder, against a bare loop in one process',
  warmUp: true,
  prepare: async (session) => {
    const photos = await choosePhotos(session.folder);
    const images = Math.max(photos.length, Math.round(IMAGES * session.scale));
    await claimTopology(session, [TASK]);
    await startService(session, 'recorder');
    await startService(session, 'consumer', { HEDDLE_TASKS: TASK });
    const gateway = await startService(session, 'gateway');
    const recorder = new RecorderClient(await openBroker(session, 'bench-thumbnails'));
    const bare = await startReference<MakeThumbnails, number>(
      session,
      'thumbnails/bare-thumbnails.process',
      session.folder ? [session.folder] : [],
    );

    const agent = new Agent({ keepAlive: true, maxSockets: UPLOADS });
    session.cleanUp.add('close uploads', () => agent.destroy());
    const url = `${gateway.url}/v1/thumbnails?sizes=${SIZES.join(',')}&format=png`;
    let finished = 0;
    const uploadAll = async (): Promise<void> => {
      finished += images;
      await keepInFlight(images, UPLOADS, (index) => upload(agent, url, photoAt(photos, index)));
      await waitForFinished(recorder, finished, 'succeeded');
    };
    const makeAll = async (by: MakeThumbnails['by']): Promise<void> => {
      const made = await bare.ask({ images, atOnce: availableParallelism(), by });
      if (made !== images * SIZES.length)
        throw new Error(`expected ${images * SIZES.length} thumbnails, got ${made}`);
    };
    const total = images * SIZES.length;
    const shared = {
      kind: 'comparison',
      unit: 'thumbnails/s',
      ours: () => ratePerSecond(total, uploadAll),
    } as const;
    return [
      {
        ...shared,
        name: 'thumbnails',
        target: 0.75,
        reference: () => ratePerSecond(total, () => makeAll('sharp')),
      },
      {
        ...shared,
        name: "thumbnails, the worker's function",
        target: undefined,
        reference: () => ratePerSecond(total, () => makeAll('worker')),
      },
    ];
  },
};

function photoAt(photos: readonly Photo[], index: number): Photo {
  const photo = photos[index % photos.length];
  if (!photo) throw new Error('expected photos');
  return photo;
}

/** Resolves when the gateway has accepted the photo. */
function upload(agent: Agent, url: string, photo: Photo): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      {
        agent,
        method: 'POST',
        headers: { 'content-type': photo.type, 'content-length': photo.bytes.length },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 202) return resolve();
          reject(
            new Error(
              `${photo.name}: expected 202, got ${response.statusCode}: ${Buffer.concat(chunks).toString()}`,
            ),
          );
        });
      },
    );
    sending.on('error', reject);
    sending.end(photo.bytes);
  });
}
