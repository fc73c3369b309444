import type { BaseSettings } from './settings.ts';

/** Where the broker is and how to get in. User and password given on their own take the place of those in the URL. */
export function brokerAddress(settings: BaseSettings) {
  const url = new URL(settings.AMQP_URL);
  if (settings.AMQP_USER !== undefined) url.username = encodeURIComponent(settings.AMQP_USER);
  if (settings.AMQP_PASSWORD !== undefined) url.password = encodeURIComponent(settings.AMQP_PASSWORD);
  return {
    url: url.href,
    tls: {
      caFile: settings.AMQP_CA_FILE,
      certFile: settings.AMQP_CERT_FILE,
      keyFile: settings.AMQP_KEY_FILE,
    },
  };
}
