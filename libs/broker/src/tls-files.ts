import { readFile } from 'node:fs/promises';

/** PEM files for `amqps://`. They are read again for each connection, so that renewed certificates come into use without a restart. */
export interface TlsFiles {
  /** Authorities that the broker's certificate may come from, instead of those that Node.js knows. */
  readonly caFile?: string | undefined;
  /** This client's certificate, with what leads to its authority; goes with `keyFile`. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** What is in the files. Rejects when one cannot be read. */
export async function readTlsFiles({
  caFile,
  certFile,
  keyFile,
}: TlsFiles): Promise<{ ca?: Buffer; cert?: Buffer; key?: Buffer }> {
  return {
    ...(caFile !== undefined && { ca: await readFile(caFile) }),
    ...(certFile !== undefined && { cert: await readFile(certFile) }),
    ...(keyFile !== undefined && { key: await readFile(keyFile) }),
  };
}
