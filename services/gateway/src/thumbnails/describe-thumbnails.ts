import type { IncomingMessage } from 'node:http';
import type { AskedJob } from '@heddle/client';
import { tagsSchema, thumbnailQuerySchema } from '@heddle/contracts';
import { check } from '../http/check.ts';
import { readQuery } from '../http/read-query.ts';
import type { KnownTasks } from '../tasks/known-tasks.ts';

export const THUMBNAIL_TASK = 'image.thumbnail';

/** Everything about the thumbnail jobs of a request but the pictures: from its query, checked against the task's schema. */
export async function describeThumbnails(
  request: IncomingMessage,
  tasks: KnownTasks,
): Promise<Omit<AskedJob, 'bytes'>> {
  const asked = check(thumbnailQuerySchema, readQuery(request));
  const { sizes, format, tag, webhook, ...options } = asked;
  const tags = tag === undefined ? undefined : check(tagsSchema, [tag].flat(), 'tag');
  const input = { ...(sizes && { sizes }), ...(format && { format }) };
  const task = tasks.get(THUMBNAIL_TASK) ?? (await tasks.find(THUMBNAIL_TASK));
  task.checkInput(input);
  return {
    task: THUMBNAIL_TASK,
    input,
    options: {
      ...options,
      ...(tags && { tags }),
      ...(webhook !== undefined && { webhook: { url: webhook } }),
    },
  };
}

/** The media type that a picture travels under; what a client has made of it otherwise is for the worker to find out. */
export function pictureType(given: string): string {
  return /^image\/[a-z0-9.+-]{1,60}$/.test(given) ? given : 'application/octet-stream';
}
