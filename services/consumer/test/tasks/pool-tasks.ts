import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import type { PoolKind } from '@heddle/contracts';
import { z } from 'zod';

/** The same tasks for each kind of pool, to see that they behave alike. */
function tasksFor(pool: PoolKind) {
  const define = <I, O>(
    name: string,
    input: z.ZodType<I>,
    run: Parameters<typeof defineTask<I, O, unknown>>[0]['run'],
  ) => defineTask({ name: `${pool}.${name}`, input, body: 'bytes', pool, run });
  return [
    define('echo', z.unknown(), ({ input, bytes, bytesType, job }) => ({
      input,
      text: bytes.toString(),
      bytesType,
      job,
    })),
    define('fail', z.looseObject({ code: z.string() }), ({ input }) => {
      throw Object.assign(new Error('refused'), input);
    }),
    define('speak', z.unknown(), async ({ output, progress, log }) => {
      progress(0.5, 'half');
      log.info('speaking', { to: 'all' });
      await output('a.txt', 'text/plain', Buffer.from('first'), { n: 1 });
      await output('b.txt', 'text/plain', Buffer.from('second'));
      return 'spoken';
    }),
    define('speak-late', z.unknown(), ({ progress, log, output }) => {
      setTimeout(() => {
        progress(1);
        output('late', 'text/plain', Buffer.from('late')).catch(() => undefined);
        log.info('late');
      }, 10);
    }),
    define('name-twice', z.unknown(), async ({ output }) => {
      await output('a.txt', 'text/plain', Buffer.from('first'));
      await output('a.txt', 'text/plain', Buffer.from('again'));
    }),
    define('wait', z.unknown(), async ({ signal, log }) => {
      log.info('waiting');
      await sleep(60_000, undefined, { signal });
    }),
    define('hang', z.unknown(), () => {
      for (;;);
    }),
    define('exit', z.unknown(), () => process.exit(3)),
    define('pid', z.unknown(), () => process.pid),
    define('reduce', z.unknown(), async ({ batchResults }) => {
      const results: unknown[] = [];
      for await (const { index, result } of batchResults()) results.push([index, result]);
      return results;
    }),
    define('return-function', z.unknown(), () => () => 1),
    define('fill-heap', z.unknown(), () => {
      const kept: unknown[] = [];
      for (;;) kept.push(Array.from({ length: 1_000 }, (_, i) => ({ i })));
    }),
    define('fill-buffers', z.unknown(), async () => {
      const kept: Buffer[] = [];
      for (;;) {
        kept.push(Buffer.alloc(4 * 1024 * 1024, 1));
        await sleep(1);
      }
    }),
    define('print', z.unknown(), () => {
      process.stdout.write('a line\n');
    }),
  ];
}

export const eventLoopTasks = tasksFor('event-loop');
export const threadTasks = tasksFor('thread');
export const processTasks = tasksFor('process');
