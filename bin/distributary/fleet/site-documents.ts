import { join } from 'node:path';
import type { OcaId } from '#domain/ids.ts';
import type { Site } from '#protocol/site.ts';
import type { Config } from '../../../lib/config/schema.ts';
import { credentialDigest, makeCredential } from '../keys/key-document.ts';
import { keepSecret } from '../keys/secret-file.ts';

/** The sites of a configuration as the control plane takes them. */
export function siteDocuments(config: Config, digestOf: (ocaId: OcaId) => string): Site[] {
  return config.sites.map(({ siteId, name, kind, location, timeZone, footprint, fill, ocas }) => ({
    siteId,
    name,
    kind,
    location,
    timeZone,
    footprint,
    fill,
    ocas: ocas.map(({ ocaId }) => ({ ocaId, credentialDigest: digestOf(ocaId) })),
  }));
}

/** Where an OCA's bearer secret lies: what is copied to the appliance as its `credentialFile`. */
export const credentialFile = (folder: string, ocaId: OcaId): string =>
  join(folder, `${ocaId}.credential`);

/** The secret's digest; the secret is made where there is none yet. */
export function keepCredential(folder: string, ocaId: OcaId): { digest: string; isNew: boolean } {
  const { text, isNew } = keepSecret(credentialFile(folder, ocaId), makeCredential);
  return { digest: credentialDigest(text), isNew };
}
