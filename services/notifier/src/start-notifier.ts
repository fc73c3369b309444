import { EventPublisher } from '@heddle/broker';
import { ControlFollower, KnownControl, RecorderClient } from '@heddle/client';
import { WEBHOOK_TASK } from '@heddle/contracts';
import type { RunningService, ServiceContext } from '@heddle/service';
import type { z } from 'zod';
import { announceDeliveries } from './announce-deliveries.ts';
import { HostLanes } from './deliver/host-lanes.ts';
import { WEBHOOK_RESTS } from './deliver/judge-answer.ts';
import { WebhookPoster, webhookGuard } from './deliver/post-webhook.ts';
import { DeliveryServer } from './deliver/serve-deliveries.ts';
import { webhookSigner } from './deliver/sign-webhook.ts';
import { readEvents } from './read-events.ts';
import type { notifierSettings } from './settings.ts';
import { WEBHOOK_EVENTS } from './webhook-events.ts';

type Context = ServiceContext<z.infer<typeof notifierSettings>>;

/** Makes a delivery of each job's end that has a webhook, and serves the deliveries. `rests`: milliseconds between their attempts. */
export async function startNotifier(
  { broker, instance, log, metrics, settings }: Context,
  rests: readonly number[] = WEBHOOK_RESTS,
): Promise<RunningService> {
  const secrets = settings.HEDDLE_WEBHOOK_SECRET;
  if (secrets.length === 0) log.info('HEDDLE_WEBHOOK_SECRET is not set: webhooks go out unsigned');
  await broker.declareJobQueue(WEBHOOK_TASK);
  const poster = new WebhookPoster(webhookGuard(settings.HEDDLE_WEBHOOK_ALLOW));
  const control = new KnownControl();
  const recorder = new RecorderClient(broker);
  const deliveries = new DeliveryServer({
    broker,
    events: new EventPublisher(broker.publisher, WEBHOOK_EVENTS),
    log,
    metrics: metrics.forTask(WEBHOOK_TASK, ['webhook_failed', 'webhook_refused']),
    worker: instance,
    poster,
    lanes: new HostLanes(),
    sign: webhookSigner(secrets),
    rests,
    control,
  });
  const follower = new ControlFollower({
    broker,
    recorder,
    control,
    log,
    onChange: () => void deliveries.setPaused(control.isPaused(WEBHOOK_TASK)),
  });
  await follower.start(instance);
  await deliveries.start();
  const events = await readEvents(broker, log, metrics.meters);
  const announcing = announceDeliveries(broker, recorder, log);
  return {
    async drain() {
      announcing.stop();
      await follower.stop();
      await events.drain();
      await deliveries.drain();
      await poster.close();
    },
  };
}
