import type { Broker, BrokerLog } from '@heddle/broker';
import type { RecorderClient } from '@heddle/client';
import { type TaskAnnouncement, WEBHOOK_TASK } from '@heddle/contracts';
import { z } from 'zod';
import { deliveryInputSchema } from './describe-delivery.ts';

const RETRY_MS = 5_000;
const AGAIN_AFTER_MS = 5 * 60_000;

const announcement: TaskAnnouncement = {
  name: WEBHOOK_TASK,
  description: 'Posts a signed webhook. Heddle makes these itself, for jobs that have a webhook.',
  pool: 'event-loop',
  timeoutMs: 10_000,
  body: 'json',
  inputSchema: z.toJSONSchema(deliveryInputSchema, { io: 'input', unrepresentable: 'any' }),
};

/** Tells the recorder of the task that the notifier serves: at the start, after each reconnect and now and then, for the recorder may have lost its database. */
export function announceDeliveries(
  broker: Pick<Broker, 'onReconnect'>,
  recorder: Pick<RecorderClient, 'ask'>,
  log: BrokerLog,
): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const schedule = (afterMs: number): void => {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(() => void announce(), afterMs);
  };
  const announce = async (): Promise<void> => {
    try {
      await recorder.ask({ op: 'announce', tasks: [announcement] });
      schedule(AGAIN_AFTER_MS);
    } catch (error) {
      log.debug({ err: error }, 'the recorder has not taken the announcement');
      schedule(RETRY_MS);
    }
  };
  const unsubscribe = broker.onReconnect(() => schedule(0));
  schedule(0);
  return {
    stop() {
      stopped = true;
      unsubscribe();
      clearTimeout(timer);
    },
  };
}
