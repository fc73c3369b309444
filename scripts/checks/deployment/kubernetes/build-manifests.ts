import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  /** What it holds depends on the kind: `readSpec` reads it. */
  readonly spec?: unknown;
}

/** One that has kustomize 5 built in: older ones do not know all that the files use. */
export const hasKubectl = /"kustomizeVersion": "v([5-9]|\d\d)/.test(
  spawnSync('kubectl', ['version', '--client', '--output=json'], { encoding: 'utf8' }).stdout ?? '',
);

/** What `kubectl apply -k` would send for an overlay, with components, put into a namespace as an overlay of one's own would. */
export function buildManifests(overlay: string, components: readonly string[] = []): Manifest[] {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'heddle-kustomize-'));
  const path = (name: string) => relative(folder, join(realpathSync(repository), 'k8s', name));
  const kustomization = {
    namespace: overlay === 'overlays/dev' ? 'heddle-dev' : 'heddle',
    resources: [path(overlay)],
    components: components.map((name) => path(`components/${name}`)),
  };
  try {
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    const text = execFileSync('kubectl', ['kustomize', folder], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
