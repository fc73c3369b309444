import { pathToFileURL } from 'node:url';
import type { Plugin } from 'vitest/config';
import { builtFile } from './built-file.ts';

const SOURCE = /^(.*\/(?:(?:libs|services)\/[^/]+|bench)\/)src\/(?!.*\.test\.ts$)(.*)\.ts$/;
/** What `tsconfig.programs.json` includes. */
const TASKS = /\/test\/(?:support\/)?tasks\/[^/]*\.ts$/;

/** What the compiler makes of sources: Node loads it by itself, and vitest does not transform it. */
export const BUILT = /\/(?:(?:libs|services)\/[^/]+|bench)\/dist\/|\/\.heddle\/programs\//;

/**
 * Tests import sources and get what was built from them: what runs is what ships, is compiled once and not in each process, and
 * a test sees the same module of tasks as the worker that it starts.
 */
export const builtSources: Plugin = {
  name: 'built-sources',
  enforce: 'pre',
  async resolveId(specifier, importer, options) {
    const found = await this.resolve(specifier, importer, { ...options, skipSelf: true });
    const built = found ? builtFrom(found.id) : undefined;
    return built === undefined ? found : { id: built, external: true };
  },
};

function builtFrom(path: string): string | undefined {
  if (TASKS.test(path)) return builtFile(pathToFileURL(path));
  return SOURCE.test(path) ? path.replace(SOURCE, '$1dist/$2.js') : undefined;
}
