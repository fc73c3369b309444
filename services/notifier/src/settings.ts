import { baseSettings } from '@heddle/service';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

/** Values with commas between; none when absent. */
function list(pattern: (value: string) => boolean, expected: string) {
  return z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((value) => value.trim())
        .filter((value) => value !== ''),
    )
    .refine((values) => values.every(pattern), { error: expected });
}

export const notifierSettings = baseSettings.extend({
  /** Each signs every webhook, so that secrets can be exchanged without a gap. None: webhooks go unsigned. */
  HEDDLE_WEBHOOK_SECRET: list(
    (secret) => SECRET.test(secret),
    'expected "whsec_" and 24 to 64 bytes in base64, or several such with commas between',
  ),
  /** Addresses that may be dialled though they are private. */
  HEDDLE_WEBHOOK_ALLOW: list(
    (range) => ipaddr.isValidCIDR(range),
    'expected address ranges such as 10.0.0.0/8 or fd00::/8, with commas between',
  ),
});
