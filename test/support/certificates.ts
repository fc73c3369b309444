import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of a test's own, in a temporary folder. */
export interface TestAuthority {
  /** The path of its own certificate. */
  readonly ca: string;
  /** A certificate for `localhost` and 127.0.0.1, good for servers and clients, for a day. */
  issue(name: string): Promise<CertificateFiles>;
  remove(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** Makes an authority; about 100 ms, each certificate as long again. */
export async function createAuthority(name = 'test authority'): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-tls-'));
  const write = async (file: string, text: string): Promise<string> => {
    const path = join(folder, file);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const own = makeKeys();
  const authority = certify({ subject: name, issuer: name, keys: own, signer: own, isAuthority: true });
  const ca = await write('ca.pem', forge.pki.certificateToPem(authority));
  return {
    ca,
    async issue(subject) {
      const keys = makeKeys();
      const certificate = certify({ subject, issuer: name, keys, signer: own, isAuthority: false });
      return {
        ca,
        cert: await write(`${subject}.pem`, forge.pki.certificateToPem(certificate)),
        key: await write(`${subject}.key.pem`, forge.pki.privateKeyToPem(keys.privateKey)),
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** By Node's own cryptography, which is much faster at it. */
function makeKeys(): forge.pki.rsa.KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    privateKey: forge.pki.privateKeyFromPem(privateKey),
    publicKey: forge.pki.publicKeyFromPem(publicKey),
  };
}

function certify(of: {
  readonly subject: string;
  readonly issuer: string;
  readonly keys: forge.pki.rsa.KeyPair;
  readonly signer: forge.pki.rsa.KeyPair;
  readonly isAuthority: boolean;
}): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = of.keys.publicKey;
  certificate.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(15))}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS / 24);
  certificate.validity.notAfter = new Date(Date.now() + DAY_MS);
  certificate.setSubject([{ name: 'commonName', value: of.subject }]);
  certificate.setIssuer([{ name: 'commonName', value: of.issuer }]);
  certificate.setExtensions(
    of.isAuthority
      ? [
          { name: 'basicConstraints', cA: true },
          { name: 'keyUsage', keyCertSign: true },
        ]
      : [
          { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
          {
            name: 'subjectAltName',
            altNames: [
              { type: 2, value: 'localhost' },
              { type: 7, ip: '127.0.0.1' },
            ],
          },
        ],
  );
  certificate.sign(of.signer.privateKey, forge.md.sha256.create());
  return certificate;
}
