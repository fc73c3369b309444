import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface AnyManifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** What `kubectl apply -k` would send: by kubectl itself where it is installed, else by reading the files as it would. */
export function buildManifests(folder: string): AnyManifest[] {
  try {
    const text = execFileSync('kubectl', ['kustomize', folder], { cwd: root, encoding: 'utf8' });
    return parseAllDocuments(text).map((document) => document.toJS() as AnyManifest);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return readManifests(join(root, folder));
  }
}

interface Generator {
  readonly name: string;
  readonly literals: readonly string[];
}
interface Kustomization {
  readonly namespace?: string;
  readonly resources: readonly string[];
  readonly configMapGenerator?: readonly Generator[];
  readonly secretGenerator?: readonly Generator[];
  readonly images?: readonly { readonly name: string; readonly newTag: string }[];
}

/** As much of kustomize as these folders use, without hashes in names. */
export function readManifests(folder: string): AnyManifest[] {
  const kustomization = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;
  const resources = kustomization.resources.flatMap((resource) =>
    resource.endsWith('.yaml')
      ? parseAllDocuments(readFileSync(join(folder, resource), 'utf8')).map(
          (document) => document.toJS() as AnyManifest,
        )
      : readManifests(join(folder, resource)),
  );
  const generated = [
    ...(kustomization.configMapGenerator ?? []).map((generator) => generate('ConfigMap', generator)),
    ...(kustomization.secretGenerator ?? []).map((generator) => generate('Secret', generator)),
  ];
  const inNamespace = [...resources, ...generated].map((manifest) =>
    kustomization.namespace === undefined || manifest.kind === 'Namespace'
      ? manifest
      : { ...manifest, metadata: { ...manifest.metadata, namespace: kustomization.namespace } },
  );
  return (kustomization.images ?? []).reduce(
    (manifests, { name, newTag }) =>
      JSON.parse(JSON.stringify(manifests).replaceAll(`"${name}"`, `"${name}:${newTag}"`)) as AnyManifest[],
    inNamespace,
  );
}

function generate(
  kind: string,
  { name, literals }: Generator,
): AnyManifest & { data: Record<string, string> } {
  const data = Object.fromEntries(
    literals.map((literal) => {
      const at = literal.indexOf('=');
      return [literal.slice(0, at), literal.slice(at + 1)];
    }),
  );
  return { kind, metadata: { name }, data };
}
