import { describe, expect, test } from 'vitest';
import { type AnyManifest, buildManifests, readManifests } from './build-manifests.ts';
import { faultsOf, gatewayPort, type ServiceName, serviceFacts, serviceNames } from './service-facts.ts';

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { name: string; key: string; optional?: boolean } };
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Container {
  readonly image: string;
  readonly env?: readonly EnvEntry[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly resources: { readonly requests: object; readonly limits: object };
  readonly securityContext: object;
}
interface Manifest extends AnyManifest {
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly [Container];
        readonly securityContext: object;
        readonly terminationGracePeriodSeconds: number;
      };
    };
  };
}

const build = (folder: string) => buildManifests(folder) as Manifest[];

describe.each(['k8s/base', 'k8s/overlays/dev'])('%s', (folder) => {
  const manifests = build(folder);
  const named = (kind: string, name: string) =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  const podOf = (service: ServiceName) => {
    const spec = (named('Deployment', service) ?? named('StatefulSet', service))?.spec;
    if (!spec) throw new Error(`expected a Deployment or StatefulSet "${service}" in ${folder}, got none`);
    return { spec, pod: spec.template.spec, container: spec.template.spec.containers[0] };
  };

  test.each(serviceNames)('gives the %s only settings that it has, with values that it takes', (service) => {
    expect(faultsOf(service, environmentOf(podOf(service).container, manifests))).toEqual([]);
  });

  test.each(serviceNames)('probes the %s on the ops port that it listens on', (service) => {
    const { container } = podOf(service);
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    const isGateway = service === 'gateway';
    expect(ports).toEqual({ ops: serviceFacts[service].opsPort, ...(isGateway && { http: gatewayPort }) });
    expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'ops' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'ops' });
  });

  test.each(serviceNames)('gives the %s no rights, bounded memory and time to drain', (service) => {
    const { pod, container } = podOf(service);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.anything(), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
    const drainSeconds = Number(environmentOf(container, manifests)['HEDDLE_DRAIN_SECONDS']);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds);
  });

  test.each(serviceNames)("selects the %s's own pods", (service) => {
    const { spec } = podOf(service);
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    expect(spec.selector.matchLabels).toEqual({ 'app.kubernetes.io/name': service });
  });

  test('has one recorder, because its database is embedded', () => {
    expect(named('StatefulSet', 'recorder')?.spec?.replicas).toBe(1);
  });
});

describe('k8s/overlays/dev', () => {
  const manifests = build('k8s/overlays/dev');

  test('brings every secret and key that a container asks for', () => {
    const secrets = new Map(
      manifests.filter(({ kind }) => kind === 'Secret').map(({ metadata, data }) => [metadata.name, data]),
    );
    const asked = manifests
      .flatMap(({ spec }) => spec?.template?.spec.containers[0].env ?? [])
      .flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? [])
      .filter(({ optional }) => !optional);
    expect(asked.length).toBeGreaterThan(0);
    for (const { name, key } of asked) expect(secrets.get(name), `${name}/${key}`).toHaveProperty(key);
  });

  test('is read alike with and without kubectl', () => {
    const kinds = (all: readonly AnyManifest[]) =>
      all.map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/-[a-z0-9]{10}$/, '')}`).toSorted();
    expect(kinds(readManifests('k8s/overlays/dev'))).toEqual(kinds(manifests));
  });

  test('puts everything into its namespace, with images of its own tag', () => {
    const outside = manifests.filter(({ kind, metadata }) => kind !== 'Namespace' && !metadata.namespace);
    expect(outside).toEqual([]);
    const images = manifests.flatMap(({ spec }) => spec?.template?.spec.containers[0].image ?? []);
    expect(new Set(images)).toEqual(
      new Set([...serviceNames.map((service) => `heddle/${service}:dev`), 'rabbitmq:4.3-management']),
    );
  });
});

/** The variables that a container gets; of a secret, a value of the right form. */
function environmentOf(container: Container, manifests: readonly Manifest[]): Record<string, string> {
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

const SECRETS: Readonly<Record<string, string>> = {
  AMQP_URL: 'amqp://user:password@broker:5672',
  DATABASE_URL: 'postgres://user:password@database:5432/heddle',
  HEDDLE_WEBHOOK_SECRET: `whsec_${'A'.repeat(43)}=`,
};
