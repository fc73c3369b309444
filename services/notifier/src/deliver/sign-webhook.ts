import { Webhook } from 'standardwebhooks';

/** Makes the headers of Standard Webhooks (https://www.standardwebhooks.com): a signature of each secret, or none without a secret. */
export function webhookSigner(secrets: readonly string[]) {
  const signers = secrets.map((secret) => new Webhook(secret));
  return (id: string, at: Date, body: string): Record<string, string> => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    ...(signers.length > 0 && {
      'webhook-signature': signers.map((signer) => signer.sign(id, at, body)).join(' '),
    }),
  });
}
