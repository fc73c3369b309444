import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { topologyObjects, topologyYaml } from '../generate/kubernetes/topology-objects.ts';

/** The files of `k8s/components/topology-operator` for these tasks, in a folder; resolves with their paths. */
export function writeObjects(folder: string, tasks: readonly string[]): string[] {
  mkdirSync(folder, { recursive: true });
  return Object.entries(topologyObjects(tasks)).map(([name, objects]) => {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, topologyYaml(objects));
    return file;
  });
}
