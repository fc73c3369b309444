import { isAddressRange } from '@heddle/outbound';
import { baseSettings, listSetting } from '@heddle/service';

const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

export const notifierSettings = baseSettings.extend({
  /** Each signs every webhook, so that secrets can be exchanged without a gap. None: webhooks go unsigned. */
  HEDDLE_WEBHOOK_SECRET: listSetting(
    (secret) => SECRET.test(secret),
    'expected "whsec_" and 24 to 64 bytes in base64, or several such with commas between',
  ),
  /** Addresses that may be dialled though they are private. */
  HEDDLE_WEBHOOK_ALLOW: listSetting(
    isAddressRange,
    'expected address ranges such as 10.0.0.0/8 or fd00::/8, with commas between',
  ),
});
