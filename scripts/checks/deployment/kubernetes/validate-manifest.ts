import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Manifest } from './build-manifests.ts';
import { findUnread } from './find-unread.ts';
import { rabbitmqSchemas } from './rabbitmq-schemas.ts';
import { readSpec, specs } from './read-spec.ts';

const require = createRequire(import.meta.url);
type Validate = ((data: unknown) => boolean) & {
  errors?: readonly { instancePath: string; message?: string }[];
};

/** Where the schemas of an API group are: the package, and how their names begin. */
const groups: Readonly<Record<string, readonly [string, string]>> = {
  v1: ['kubernetes-models', 'IoK8sApiCoreV1'],
  'apps/v1': ['kubernetes-models', 'IoK8sApiAppsV1'],
  'policy/v1': ['kubernetes-models', 'IoK8sApiPolicyV1'],
  'networking.k8s.io/v1': ['kubernetes-models', 'IoK8sApiNetworkingV1'],
  'keda.sh/v1alpha1': ['@kubernetes-models/keda', 'KedaShV1alpha1'],
  'monitoring.coreos.com/v1': ['@kubernetes-models/prometheus-operator', 'MonitoringCoreosComV1'],
};

/** What is wrong with an object by its schema, keys that the schema does not have included; empty if nothing is. */
export function faultsOfManifest(manifest: Manifest): string[] {
  const { apiVersion, kind, metadata } = manifest;
  const own = rabbitmqSchemas[`${apiVersion} ${kind}`];
  const faults = own
    ? (own.safeParse(manifest).error?.issues ?? []).map(
        ({ path, message }) => `.${path.join('.')} ${message}`,
      )
    : faultsOf(apiVersion, kind, manifest);
  const embedded = kind === 'RabbitmqCluster' ? faultsOfCluster(manifest) : [];
  return [...faults, ...embedded].map((fault) => `${kind} ${metadata.name}: ${fault}`);
}

/** The parts that the Cluster Operator hands on to Kubernetes as they are. */
function faultsOfCluster(manifest: Manifest): string[] {
  const spec = readSpec(manifest, specs.cluster);
  return [
    ...faultsOf('v1', 'Affinity', spec.affinity ?? {}),
    ...faultsOf('v1', 'ResourceRequirements', spec.resources ?? {}),
    ...faultsOf('v1', 'PodSpec', spec.override?.statefulSet.spec.template.spec ?? { containers: [] }),
  ];
}

function faultsOf(apiVersion: string, kind: string, data: unknown): string[] {
  const validate = schemaOf(apiVersion, kind);
  const unread = findUnread(data, validate);
  return [
    ...unread.map((path) => `${path} is not in the schema`),
    ...(validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? 'is wrong'}`),
  ];
}

function schemaOf(apiVersion: string, kind: string): Validate {
  const [name, prefix] = groups[apiVersion] ?? [];
  if (!name)
    throw new Error(`expected an API group whose schemas this test has, got ${apiVersion} (${kind})`);
  const folder = dirname(require.resolve(`${name}/package.json`));
  return (require(join(folder, '_schemas', `${prefix}${kind}.js`)) as { validate: Validate }).validate;
}
