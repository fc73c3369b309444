import { randomUUID } from 'node:crypto';
import type { Broker, BrokerLog, Delivery, EventPublisher } from '@heddle/broker';
import { acceptedEvent, type KnownControl } from '@heddle/client';
import {
  decodeJob,
  describeIssues,
  encodeJob,
  HeddleError,
  issuesOf,
  type Job,
  type JobEvent,
  jobQueue,
  WEBHOOK_TASK,
} from '@heddle/contracts';
import type { TaskMetrics } from '@heddle/service';
import { messageAttributes, type SpanStart, traced, tracing } from '@heddle/tracing';
import { deliveryInputSchema } from '../describe-delivery.ts';
import type { HostLanes } from './host-lanes.ts';
import { judgeAnswer, type Verdict } from './judge-answer.ts';
import type { WebhookPoster } from './post-webhook.ts';

/** What the deliveries of this process are made with. */
export interface DeliveryService {
  readonly broker: Broker;
  readonly events: EventPublisher;
  readonly log: BrokerLog;
  readonly metrics: TaskMetrics;
  readonly worker: string;
  readonly poster: WebhookPoster;
  readonly lanes: HostLanes;
  readonly sign: (id: string, at: Date, body: string) => Record<string, string>;
  readonly rests: readonly number[];
  readonly control: Pick<KnownControl, 'isCancelled' | 'isPaused' | 'forget'>;
}

const CANCELLED: Verdict = {
  end: 'cancelled',
  error: { code: 'cancelled', message: 'somebody cancelled it' },
};

/** The recorder need not hear of a start that is over at once. */
const STARTED_AFTER_MS = 100;

/** One delivery's way: decode → check → wait for the host's lane → post → settle. Rejects, with the delivery unsettled, when the broker did not confirm what had to be told first. */
export async function runDelivery(service: DeliveryService, delivery: Delivery): Promise<void> {
  // 1. Decode. What is no job goes by way of the dead-letter exchange to `heddle.dead`.
  const decoded = decodeJob(delivery.message);
  if (!decoded.ok || decoded.value.id === '') return delivery.reject();
  const job = decoded.value;

  // 2. Check.
  const input = deliveryInputSchema.safeParse(job.input);
  if (!input.success) {
    const error = new HeddleError('invalid_input', describeIssues(issuesOf(input.error, 'input')));
    return settle(service, delivery, job, randomUUID(), Date.now(), { end: 'failed', error });
  }
  const { url, event } = input.data;
  const endCancelled = () => settle(service, delivery, job, randomUUID(), Date.now(), CANCELLED);
  if (service.control.isCancelled(job)) return endCancelled();

  // 3. Wait for a place among the posts to that host, or rest and come back: that costs no attempt.
  const restMs = await service.lanes.run(new URL(url).host, async () => {
    if (delivery.lost) return;
    if (service.control.isCancelled(job)) return endCancelled();
    if (service.control.isPaused(WEBHOOK_TASK)) return delivery.requeue();

    // 4. and 5. are a step of the job's trace, if somebody traces.
    if (tracing()) await traced(SPAN, spanOf(job), () => postAndSettle(service, delivery, job, url, event));
    else await postAndSettle(service, delivery, job, url, event);
  });
  if (restMs === undefined || delivery.lost) return;
  await service.broker.publishLater(encodeJob(job), WEBHOOK_TASK, restMs);
  delivery.ack();
}

async function postAndSettle(
  service: DeliveryService,
  delivery: Delivery,
  job: Job,
  url: string,
  event: object,
): Promise<void> {
  // 4. Post.
  const run = randomUUID();
  const startedAt = Date.now();
  service.metrics.inProgress(1);
  service.metrics.wait((startedAt - (job.dueAt ?? job.acceptedAt)) / 1_000);
  const started = setTimeout(() => tellStart(service, job, run, startedAt), STARTED_AFTER_MS);
  const judged = judgeAnswer(await post(service, job, url, event), job.attempt, service.rests);
  // A post that is under way is not cut off, but no other follows it.
  const verdict = judged.end === 'retrying' && service.control.isCancelled(job) ? CANCELLED : judged;
  clearTimeout(started);
  service.metrics.inProgress(-1);
  service.metrics.duration((Date.now() - startedAt) / 1_000);

  // 5. Settle.
  await settle(service, delivery, job, run, startedAt, verdict);
}

const QUEUE = jobQueue(WEBHOOK_TASK);
const SPAN = `process ${QUEUE}`;

function spanOf(job: Job): SpanStart {
  return {
    kind: 'consumer',
    parent: job.traceparent,
    attributes: {
      ...messageAttributes({
        type: 'process',
        operation: 'process',
        destination: QUEUE,
        routingKey: WEBHOOK_TASK,
        id: job.id,
      }),
      'heddle.job.attempt': job.attempt,
    },
  };
}

/** The same `webhook-id` for every attempt, by which the receiver knows a repetition. */
async function post({ poster, sign }: DeliveryService, job: Job, url: string, event: object) {
  const body = JSON.stringify(event);
  try {
    const { hostname, port } = new URL(url);
    const attributes = {
      'http.request.method': 'POST',
      'server.address': hostname,
      'server.port': Number(port) || undefined,
    };
    return await traced('POST', { kind: 'client', attributes }, (traceparent = job.traceparent) =>
      poster.post(
        url,
        { ...sign(job.id, new Date(), body), ...(traceparent !== undefined && { traceparent }) },
        body,
      ),
    );
  } catch (error) {
    if (error instanceof HeddleError) return error;
    throw error;
  }
}

function tellStart({ events, worker, log }: DeliveryService, job: Job, run: string, startedAt: number): void {
  events.add({ type: 'started', ...baseOf(job, run, 0, startedAt), worker }).catch((error: unknown) => {
    log.debug({ err: error, job: job.id }, 'the start of a delivery could not be told');
  });
}

/** Events confirmed, and the next attempt with them; then the ack. */
async function settle(
  { broker, events, metrics, worker, control }: DeliveryService,
  delivery: Delivery,
  job: Job,
  run: string,
  startedAt: number,
  verdict: Verdict,
): Promise<void> {
  const now = Date.now();
  const base = { ...baseOf(job, run, 1, now), worker, startedAt };
  const before = job.accepted ? [] : [acceptedEvent(job, delivery.message.body.length)];
  const tell = (event: JobEvent) => events.addAll([...before, event]);
  if (verdict.end === 'succeeded') {
    await tell({ type: 'succeeded', ...base, result: { status: verdict.status } });
  } else {
    const error = { code: verdict.error.code, message: verdict.error.message };
    if (verdict.end === 'retrying') {
      const next: Job = { ...job, attempt: job.attempt + 1, accepted: true };
      await Promise.all([
        tell({ type: 'retrying', ...base, error, until: now + verdict.restMs }),
        broker.publishLater(encodeJob(next), WEBHOOK_TASK, verdict.restMs),
      ]);
      metrics.erred(error.code);
      metrics.retried();
      return delivery.ack();
    }
    await tell({ type: verdict.end, ...base, error });
    metrics.erred(error.code);
  }
  delivery.ack();
  control.forget(job);
  metrics.finished(verdict.end);
  metrics.endToEnd((now - job.acceptedAt) / 1_000);
}

function baseOf(job: Job, run: string, seq: number, at: number) {
  const { id, generation, attempt, traceparent } = job;
  const trace = traceparent !== undefined && { traceparent };
  return { job: id, task: WEBHOOK_TASK, generation, attempt, run, seq, at, ...trace };
}
