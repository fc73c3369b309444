import { baseSettings, numberSetting, portSetting } from '@heddle/service';
import { z } from 'zod';

const MIB = 1024 * 1024;

export const gatewaySettings = baseSettings.extend({
  HEDDLE_HTTP_HOST: z.string().min(1).default('127.0.0.1'),
  HEDDLE_HTTP_PORT: portSetting(8080),
  /** Bytes of request bodies held at once; what comes beyond waits (bulk) or is answered with 503. */
  HEDDLE_MAX_BYTES_IN_FLIGHT: numberSetting(32 * MIB, 64 * 1024 * MIB, 256 * MIB),
  /** Requests held at once, event streams included. */
  HEDDLE_MAX_REQUESTS: numberSetting(1, 1_000_000, 10_000),
  /** Requests to `POST /v1/predict` held at once; further ones are answered with 503. */
  HEDDLE_MAX_PREDICTIONS: numberSetting(1, 100_000, 128),
});
export type GatewaySettings = z.infer<typeof gatewaySettings>;
