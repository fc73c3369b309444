/** The URL of a module beside another one, in source and in the build alike: the compiler does not rewrite URLs. */
export function siblingModule(name: string, importer: string): string {
  const extension = importer.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`${name}${extension}`, importer).href;
}
