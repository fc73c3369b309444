import type { EventPublisherOptions } from '@heddle/broker';

/** The notifier may tell of deliveries of webhooks only, and on the broker has no right to publish other events. */
export const WEBHOOK_EVENTS = { exchange: 'heddle.webhooks' } as const satisfies EventPublisherOptions;
