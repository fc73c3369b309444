import { expect, test } from 'vitest';
import { buildManifests, hasKubectl, type Manifest } from './build-manifests.ts';
import { faultsOfManifest } from './validate-manifest.ts';

test.runIf(hasKubectl)('a misspelt key is found, however deep', () => {
  const found = (manifest: Manifest | undefined, path: readonly (string | number)[], value: unknown) => {
    const copy: unknown = structuredClone(manifest);
    if (path.length > 0) put(copy, path, value);
    return faultsOfManifest(copy as Manifest);
  };
  const gateway = buildManifests('base').find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'gateway',
  );
  expect(found(gateway, [], undefined)).toEqual([]);
  const pod = ['spec', 'template', 'spec'];
  for (const [path, value] of [
    [['spec', 'replica'], 2],
    [[...pod, 'containers', 0, 'readinessProbe', 'httpGet', 'prot'], 'ops'],
    [[...pod, 'securityContext', 'runAsNonroot'], true],
    [[...pod, 'containers', 0, 'resources', 'request'], {}],
    [['spec', 'replicas'], 'two'],
  ] as const)
    expect(found(gateway, path, value), path.join('.')).toHaveLength(1);
});

/** Sets one value, however deep; all on the way there is. */
function put(into: unknown, path: readonly (string | number)[], value: unknown): void {
  const holder = path
    .slice(0, -1)
    .reduce<unknown>((within, key) => (within as Record<string | number, unknown>)[key], into);
  (holder as Record<string | number, unknown>)[path.at(-1) ?? ''] = value;
}
