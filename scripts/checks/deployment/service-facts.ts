import type { z } from 'zod';
import { settings as consumerSettings } from '../../../services/consumer/src/settings.ts';
import { gatewaySettings } from '../../../services/gateway/src/settings.ts';
import { notifierSettings } from '../../../services/notifier/src/settings.ts';
import { producerSettings } from '../../../services/producer/src/settings.ts';
import { recorderSettings } from '../../../services/recorder/src/settings.ts';

/** What a manifest must agree with: a service's settings and its default ops port. */
export interface ServiceFacts {
  readonly settings: z.ZodObject;
  readonly opsPort: number;
}

export const serviceFacts = {
  gateway: { settings: gatewaySettings, opsPort: 9401 },
  producer: { settings: producerSettings, opsPort: 9402 },
  consumer: { settings: consumerSettings, opsPort: 9403 },
  recorder: { settings: recorderSettings, opsPort: 9404 },
  notifier: { settings: notifierSettings, opsPort: 9405 },
} as const satisfies Record<string, ServiceFacts>;

export type ServiceName = keyof typeof serviceFacts;
export const serviceNames = Object.keys(serviceFacts) as ServiceName[];
/** Where the gateway listens when nobody says otherwise. */
export const gatewayPort = gatewaySettings.parse({}).HEDDLE_HTTP_PORT;

/** What is wrong with an environment that a manifest gives a service, in words; empty if nothing is. */
export function faultsOf(service: ServiceName, environment: Readonly<Record<string, string>>): string[] {
  const { settings } = serviceFacts[service];
  const unknown = Object.keys(environment).filter((name) => !(name in settings.shape));
  const parsed = settings.safeParse(environment);
  return [
    ...unknown.map((name) => `${name}: the ${service} has no such setting`),
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  ];
}
