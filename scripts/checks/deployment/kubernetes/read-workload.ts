import type { Manifest } from './build-manifests.ts';
import type { PodSpec } from './restricted.ts';

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { name: string; key: string; optional?: boolean } };
  }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe: object;
  readonly readinessProbe: object;
  readonly startupProbe: object;
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly resources: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: object;
}
export type Pod = PodSpec & {
  readonly containers: readonly [Container];
  readonly terminationGracePeriodSeconds: number;
  readonly topologySpreadConstraints: readonly {
    topologyKey: string;
    labelSelector: { matchLabels: Record<string, string> };
  }[];
};

/** The variables that a container gets; of a secret, a value of the right form. */
export function environmentOf(container: Container, manifests: readonly Manifest[]): Record<string, string> {
  const shared = (container.envFrom ?? []).flatMap(({ configMapRef }) => {
    const map = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef?.name,
    );
    return Object.entries(map?.data ?? {});
  });
  const own = (container.env ?? []).map(({ name, value }) => [
    name,
    value ?? SECRETS[name] ?? 'from a secret',
  ]);
  return Object.fromEntries([...shared, ...own]) as Record<string, string>;
}

export function secretsOf(container: Container) {
  return (container.env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);
}

/** Whether a list such as `debug.*,image.thumbnail` has a task. */
export function matches(patterns: string, task: string): boolean {
  return patterns
    .split(',')
    .some((pattern) => (pattern.endsWith('*') ? task.startsWith(pattern.slice(0, -1)) : pattern === task));
}

const SECRETS: Readonly<Record<string, string>> = {
  AMQP_URL: 'amqp://user:password@broker:5672',
  DATABASE_URL: 'postgres://user:password@database:5432/heddle',
  HEDDLE_WEBHOOK_SECRET: `whsec_${'A'.repeat(43)}=`,
};
