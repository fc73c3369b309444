import { z } from 'zod';
import type { Manifest } from './build-manifests.ts';
import type { Pod } from './read-workload.ts';
import type { PodSpec } from './restricted.ts';

const text = z.string();
const selector = z.looseObject({ matchLabels: z.record(text, text).exactOptional() });
const peer = z.strictObject({
  podSelector: selector.exactOptional(),
  namespaceSelector: selector.exactOptional(),
  ipBlock: z.strictObject({ cidr: text, except: z.array(text).exactOptional() }).exactOptional(),
});
const rule = z.strictObject({
  from: z.array(peer).exactOptional(),
  to: z.array(peer).exactOptional(),
  ports: z
    .array(z.strictObject({ protocol: text, port: z.int(), endPort: z.int().exactOptional() }))
    .exactOptional(),
});
const pod = z.custom<Pod>((value) => typeof value === 'object' && value !== null && 'containers' in value);
const podOfCluster = z.custom<PodSpec>(
  (value) => typeof value === 'object' && value !== null && 'containers' in value,
);

/** What these tests look at in the `spec` of each kind. The whole of it is held against its schema elsewhere. */
export const specs = {
  workload: z.looseObject({
    selector,
    template: z.looseObject({ metadata: z.looseObject({ labels: z.record(text, text) }), spec: pod }),
  }),
  selecting: z.looseObject({ selector }),
  networkPolicy: z.strictObject({
    podSelector: selector,
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
    ingress: z.array(rule).exactOptional(),
    egress: z.array(rule).exactOptional(),
  }),
  replicated: z.looseObject({ replicas: z.int().exactOptional() }),
  scaledObject: z.looseObject({
    maxReplicaCount: z.int(),
    scaleTargetRef: z.looseObject({ name: text }),
    triggers: z.tuple([
      z.looseObject({
        metadata: z.looseObject({ queueName: text }),
        authenticationRef: z.strictObject({ name: text }),
      }),
    ]),
  }),
  triggerAuthentication: z.strictObject({
    secretTargetRef: z.array(z.strictObject({ parameter: text, name: text, key: text })),
  }),
  cluster: z.looseObject({
    affinity: z.unknown(),
    resources: z.unknown(),
    override: z
      .looseObject({
        statefulSet: z.looseObject({
          spec: z.looseObject({ template: z.looseObject({ spec: podOfCluster }) }),
        }),
      })
      .exactOptional(),
  }),
  named: z.looseObject({ name: text }),
  binding: z.looseObject({ source: text, destination: text }),
} as const;

/** The `spec` of a manifest, of which these tests know what they look at. Throws if it is not of that form. */
export function readSpec<S extends z.ZodType>({ kind, metadata, spec }: Manifest, schema: S): z.output<S> {
  const read = schema.safeParse(spec);
  if (!read.success) throw new Error(`spec of ${kind} ${metadata.name}: ${read.error.message}`);
  return read.data;
}
