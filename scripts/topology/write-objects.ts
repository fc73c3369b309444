import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TopologyObject, topologyYaml } from '../generate/kubernetes/topology-objects.ts';

/** Files of the Topology Operator's objects, in a folder; gives their paths. */
export function writeObjects(
  folder: string,
  files: Readonly<Record<string, readonly TopologyObject[]>>,
): string[] {
  mkdirSync(folder, { recursive: true });
  return Object.entries(files).map(([name, objects]) => {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, topologyYaml(objects));
    return file;
  });
}
