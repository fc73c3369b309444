import { expect, test } from 'vitest';
import { buildManifests, hasKubectl, type Manifest } from './build-manifests.ts';
import { faultsOfManifest } from './validate-manifest.ts';

test.runIf(hasKubectl)('a misspelt key is found, however deep', () => {
  const found = (manifest: Manifest | undefined, change: (copy: Manifest) => void) => {
    const copy = structuredClone(manifest) as Manifest;
    change(copy);
    return faultsOfManifest(copy);
  };
  const gateway = buildManifests('base').find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'gateway',
  );
  expect(found(gateway, () => {})).toEqual([]);
  for (const change of [
    ({ spec }: Manifest) => (spec.replica = 2),
    ({ spec }: Manifest) => (spec.template.spec.containers[0].readinessProbe.httpGet.prot = 'ops'),
    ({ spec }: Manifest) => (spec.template.spec.securityContext.runAsNonroot = true),
    ({ spec }: Manifest) => (spec.template.spec.containers[0].resources.request = {}),
  ])
    expect(found(gateway, change)).toHaveLength(1);
  expect(found(gateway, ({ spec }) => (spec.replicas = 'two'))).toHaveLength(1);
});
