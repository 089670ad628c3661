import { join } from 'node:path';
import type { OcaId } from '#domain/ids.ts';
import type { VerificationKey } from '#protocol/key-set.ts';
import { keepCredential } from '../../bin/distributary/fleet/site-documents.ts';
import {
  credentialDigest,
  type KeyDocument,
  makeCredential,
  makeKeyDocument,
  type PublicKey,
  publicHalves,
} from '../../bin/distributary/keys/key-document.ts';
import { keepSecret } from '../../bin/distributary/keys/secret-file.ts';
import type { Config } from '../../lib/config/schema.ts';
import { type SecretKind, secretName } from '../../lib/names.ts';

/** Keys and credentials of this machine's CDN: made at the first run, kept in its data folder for its owner alone. */
export class SecretStore {
  readonly operatorCredential: string;
  readonly sessionTokenKeys: readonly PublicKey[];
  readonly fillPlanKeys: readonly VerificationKey[];
  /** What Secrets Manager holds, by name. */
  readonly valueByName: ReadonlyMap<string, string>;
  readonly credentialFolder: string;

  constructor(folder: string, config: Config) {
    const secret = (name: string, make: () => string) => keepSecret(join(folder, name), make).text;
    const keys = (kind: SecretKind) =>
      secret(`${kind}.json`, () => JSON.stringify(makeKeyDocument()));
    const sessionTokenKeys = keys('session-token-keys');
    const fillPlanKeys = keys('fill-plan-keys');
    this.credentialFolder = folder;
    this.operatorCredential = secret('operator.credential', makeCredential);
    this.sessionTokenKeys = publicKeys(sessionTokenKeys);
    this.fillPlanKeys = publicKeys(fillPlanKeys).map((key) => ({ ...key, purpose: 'fill-plan' }));
    const operator = { credentialDigests: [credentialDigest(this.operatorCredential)] };
    this.valueByName = new Map([
      [secretName(config, 'session-token-keys'), sessionTokenKeys],
      [secretName(config, 'fill-plan-keys'), fillPlanKeys],
      [secretName(config, 'operator'), JSON.stringify(operator)],
    ]);
  }

  ocaDigest(ocaId: OcaId): string {
    return keepCredential(this.credentialFolder, ocaId).digest;
  }
}

const publicKeys = (json: string): PublicKey[] => publicHalves(JSON.parse(json) as KeyDocument);
