import { HeddleError, isTerminal, type JobRecord, taskNameSchema } from '@heddle/contracts';
import { z } from 'zod';
import type { GatewayParts } from '../gateway-parts.ts';
import { check } from '../http/check.ts';
import { readQuery } from '../http/read-query.ts';
import type { Handler } from '../http/route.ts';
import { requireJobId } from '../jobs/show-job.ts';
import { viewJob } from '../jobs/view-job.ts';
import { endsJob, type LogEntry } from './log-entry.ts';
import { type EventView, serveEvents } from './serve-events.ts';

/** Query parameters of `GET /v1/events`. */
export const eventQuerySchema = z.strictObject({
  /** Only events of this task; may be given several times. */
  task: z.union([taskNameSchema, z.array(taskNameSchema).max(100)]).exactOptional(),
});

/** `GET /v1/events` */
export function streamEvents(parts: GatewayParts): Handler {
  return (request, response) => {
    const { task } = check(eventQuerySchema, readQuery(request));
    const tasks = task === undefined ? undefined : new Set([task].flat());
    return serveEvents(parts, request, response, {
      pick: (entry, fromIndex) => ({ text: textOf(entry, fromIndex, tasks), last: false }),
      isLast: () => false,
    });
  };
}

/** `GET /v1/jobs/{id}/events`: a `snapshot` of the job, then its events; ends with the job. */
export function streamJobEvents(parts: GatewayParts): Handler {
  return (request, response, { id }) => {
    const job = requireJobId(id);
    return serveEvents(
      parts,
      request,
      response,
      viewOf(job, () => askUntilCaughtUp(parts.recorder, job)),
    );
  };
}

function textOf(entry: LogEntry, fromIndex: number, tasks: ReadonlySet<string> | undefined): string {
  if (!tasks && fromIndex === 0) return entry.text;
  let text = '';
  for (let index = fromIndex; index < entry.events.length; index++) {
    if (!tasks || tasks.has(entry.events[index]?.task ?? '')) text += entry.frame(index);
  }
  return text;
}

function viewOf(job: string, ask: () => Promise<JobRecord>): EventView {
  return {
    pick: (entry, fromIndex) => {
      let text = '';
      for (let index = fromIndex; index < entry.events.length; index++) {
        const event = entry.events[index];
        if (event?.job !== job) continue;
        text += entry.frame(index);
        if (endsJob(event)) return { text, last: true };
      }
      return { text, last: false };
    },
    isLast: (entry, index) => {
      const event = entry.events[index];
      return event?.job === job && endsJob(event);
    },
    snapshot: async () => {
      const record = await ask();
      return { data: viewJob(record), over: isTerminal(record.state) };
    },
  };
}

/** Times that a recorder which is behind is asked again; it takes about a second to say so. */
const PATIENCE = 3;

async function askUntilCaughtUp(recorder: GatewayParts['recorder'], id: string): Promise<JobRecord> {
  for (let left = PATIENCE; ; left--) {
    try {
      return await recorder.ask({ op: 'job', id });
    } catch (error) {
      if (left === 0 || !(error instanceof HeddleError) || error.code !== 'recorder_behind') throw error;
    }
  }
}
