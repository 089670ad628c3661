import { join } from 'node:path';
import { epochMs } from '#domain/units.ts';
import { type KeyDocument, type PublicKey, publicHalves } from '#protocol/key-document.ts';
import type { VerificationKey } from '#protocol/key-set.ts';
import {
  credentialDigest,
  makeCredential,
  makeKeyDocument,
} from '../../bin/distributary/keys/key-document.ts';
import { keepSecret } from '../../bin/distributary/keys/secret-file.ts';
import type { Config } from '../../lib/config/schema.ts';
import { type SecretKind, secretName } from '../../lib/names.ts';
import { keepCertificates, type MachineCertificates } from './machine-certificates.ts';

/** Keys, credentials and certificates of this machine's CDN: made at the first run, kept for its owner alone. */
export interface SecretStore {
  /** With which the playback API is asked to explain itself. */
  readonly operatorCredential: string;
  readonly sessionTokenKeys: readonly PublicKey[];
  readonly fillPlanKeys: readonly VerificationKey[];
  readonly certificates: MachineCertificates;
  /** What Secrets Manager holds, by name. */
  readonly valueByName: ReadonlyMap<string, string>;
}

export async function openSecretStore(
  folder: string,
  config: Config,
  now: number,
): Promise<SecretStore> {
  const secret = (name: string, make: () => string) => keepSecret(join(folder, name), make);
  const keys = async (kind: SecretKind) => {
    const fresh = JSON.stringify(await makeKeyDocument(epochMs(now)));
    return secret(`${kind}.json`, () => fresh);
  };
  const sessionTokenKeys = await keys('session-token-keys');
  const fillPlanKeys = await keys('fill-plan-keys');
  const operatorCredential = secret('operator.credential', makeCredential);
  const operator = { credentialDigests: [credentialDigest(operatorCredential)] };
  const certificates = await keepCertificates({ folder, config, now });
  return {
    operatorCredential,
    sessionTokenKeys: publicKeys(sessionTokenKeys),
    fillPlanKeys: publicKeys(fillPlanKeys).map((key) => ({ ...key, purpose: 'fill-plan' })),
    certificates,
    valueByName: new Map([
      [secretName(config, 'session-token-keys'), sessionTokenKeys],
      [secretName(config, 'fill-plan-keys'), fillPlanKeys],
      [secretName(config, 'operator'), JSON.stringify(operator)],
      [secretName(config, 'client-authority'), JSON.stringify(certificates.clientAuthority)],
    ]),
  };
}

const publicKeys = (json: string): PublicKey[] => publicHalves(JSON.parse(json) as KeyDocument);
