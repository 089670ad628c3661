import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { CdnError } from '#domain/errors.ts';
import { type EpochMs, epochMs } from '#domain/units.ts';
import type { FileSystem } from './file-system.ts';
import type { ServerCertificate } from './http-server.ts';
import { secureContextOptions } from './tls-policy.ts';

/** Where the pair lies that clients are shown: `delivery.tls` of the configuration. */
export interface CertificatePlace {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A pair that a server can show. */
export interface LoadedCertificate extends ServerCertificate {
  /** The end of the server's own certificate. */
  readonly notAfter: EpochMs;
}

/** @throws CdnError `config-invalid` for what is not a certificate that is valid now, with its key. */
export async function loadCertificate(
  place: CertificatePlace,
  fileSystem: FileSystem,
  now: EpochMs,
): Promise<LoadedCertificate> {
  const { certificateFile, keyFile } = place;
  const certificate = await readPem(certificateFile, fileSystem);
  const privateKey = await readPem(keyFile, fileSystem);
  const x509 = parsed(certificateFile, 'a certificate', () => new X509Certificate(certificate));
  const key: KeyObject = parsed(keyFile, 'a private key without a password', () =>
    createPrivateKey(privateKey),
  );
  if (!x509.checkPrivateKey(key))
    throw fault(`${certificateFile} is not of the key in ${keyFile}: expected a pair`);
  requireValid(certificateFile, x509, now);
  const pair = { certificate, privateKey };
  parsed(certificateFile, 'a chain and a key that TLS takes', () =>
    createSecureContext(secureContextOptions(pair)),
  );
  return { ...pair, notAfter: epochMs(x509.validToDate.getTime()) };
}

function requireValid(file: string, x509: X509Certificate, now: EpochMs): void {
  const { validFromDate, validToDate } = x509;
  if (now > validToDate.getTime()) throw fault(`${file}: ran out at ${validToDate.toISOString()}`);
  if (now < validFromDate.getTime())
    throw fault(`${file}: not valid before ${validFromDate.toISOString()}`);
}

async function readPem(file: string, fileSystem: FileSystem): Promise<string> {
  const text = await fileSystem.readText(file).catch(() => undefined);
  if (text === undefined) throw fault(`${file}: missing, or it cannot be read`);
  return text;
}

function parsed<T>(file: string, expected: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    // The cause is not told: it would quote a key.
    const code = (error as { code?: unknown } | null)?.code;
    throw fault(`${file}: expected ${expected}, PEM (${String(code ?? 'unreadable')})`);
  }
}

const fault = (text: string): CdnError => new CdnError('config-invalid', `delivery.tls: ${text}`);
