import { z } from 'zod';

/**
 * The objects of RabbitMQ's two operators, as their reference describes them (no package carries their schemas): every key that they
 * have, and no other.
 */
const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
  .max(253);
const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({
  name,
  namespace: name.optional(),
  labels: labels.optional(),
  annotations: labels.optional(),
});
const reference = z.strictObject({ name });
const inCluster = {
  rabbitmqClusterReference: z.union([
    z.strictObject({ name, namespace: name.optional() }),
    z.strictObject({ connectionSecret: reference, namespace: name.optional() }),
  ]),
};
const args = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional();

/** Given on its own, or as the user of an object; one of the two. */
const user = { user: z.string().optional(), userReference: reference.optional() };
const hasUser = (spec: { user?: string | undefined; userReference?: object | undefined }) =>
  (spec.user === undefined) !== (spec.userReference === undefined);

const specs = {
  Exchange: z.strictObject({
    ...inCluster,
    name: z.string().min(1),
    vhost: z.string(),
    type: z.enum(['direct', 'fanout', 'headers', 'topic']),
    durable: z.boolean().optional(),
    autoDelete: z.boolean().optional(),
    arguments: args,
  }),
  Queue: z.strictObject({
    ...inCluster,
    name: z.string().min(1),
    vhost: z.string(),
    type: z.enum(['classic', 'quorum', 'stream']),
    durable: z.boolean().optional(),
    autoDelete: z.boolean().optional(),
    deleteIfEmpty: z.boolean().optional(),
    deleteIfUnused: z.boolean().optional(),
    arguments: args,
  }),
  Binding: z.strictObject({
    ...inCluster,
    vhost: z.string(),
    source: z.string().min(1),
    destination: z.string().min(1),
    destinationType: z.enum(['exchange', 'queue']),
    routingKey: z.string(),
    arguments: args,
  }),
  User: z.strictObject({
    ...inCluster,
    tags: z.array(z.enum(['management', 'policymaker', 'monitoring', 'administrator'])).optional(),
    importCredentialsSecret: reference.optional(),
  }),
  Permission: z
    .strictObject({
      ...inCluster,
      ...user,
      vhost: z.string(),
      permissions: z.strictObject({ configure: z.string(), write: z.string(), read: z.string() }),
    })
    .refine(hasUser, 'has one of user and userReference'),
  TopicPermission: z
    .strictObject({
      ...inCluster,
      ...user,
      vhost: z.string(),
      permissions: z.strictObject({ exchange: z.string().min(1), write: z.string(), read: z.string() }),
    })
    .refine(hasUser, 'has one of user and userReference'),
  RabbitmqCluster: z.strictObject({
    replicas: z
      .number()
      .int()
      .min(0)
      .refine((count) => count % 2 === 1, 'is odd')
      .optional(),
    image: z.string().optional(),
    imagePullSecrets: z.array(reference).optional(),
    service: z.strictObject({ type: z.string().optional(), annotations: labels.optional() }).optional(),
    persistence: z
      .strictObject({ storageClassName: z.string().optional(), storage: z.string().optional() })
      .optional(),
    // These are Kubernetes' own, and held against its schemas.
    resources: z.object().optional(),
    affinity: z.object().optional(),
    tolerations: z.array(z.object()).optional(),
    rabbitmq: z
      .strictObject({
        additionalPlugins: z.array(z.string()).max(100).optional(),
        additionalConfig: z.string().max(2000).optional(),
        advancedConfig: z.string().optional(),
        envConfig: z.string().optional(),
        erlangInetConfig: z.string().optional(),
      })
      .optional(),
    tls: z
      .strictObject({
        secretName: name.optional(),
        caSecretName: name.optional(),
        disableNonTLSListeners: z.boolean().optional(),
      })
      .optional(),
    override: z
      .strictObject({
        service: z.object().optional(),
        statefulSet: z
          .strictObject({
            spec: z.strictObject({ template: z.strictObject({ spec: z.object() }) }),
          })
          .optional(),
      })
      .optional(),
    skipPostDeploySteps: z.boolean().optional(),
    terminationGracePeriodSeconds: z.number().int().min(0).optional(),
    delayStartSeconds: z.number().int().min(0).optional(),
    autoEnableAllFeatureFlags: z.boolean().optional(),
  }),
} as const;

/** By API version and kind. */
export const rabbitmqSchemas: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(specs).map(([kind, spec]) => {
    const apiVersion = 'rabbitmq.com/v1beta1';
    return [
      `${apiVersion} ${kind}`,
      z.strictObject({ apiVersion: z.literal(apiVersion), kind: z.literal(kind), metadata, spec }),
    ];
  }),
);
