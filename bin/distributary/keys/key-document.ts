import { createHash, randomBytes } from 'node:crypto';
import { firstKeys } from '#domain/tokens/rotate-keys.ts';
import type { EpochMs } from '#domain/units.ts';
import { type KeyDocument, makeSigningKey } from '#protocol/key-document.ts';

/** A new document: one key that signs, and the next. */
export const makeKeyDocument = async (now: EpochMs): Promise<KeyDocument> =>
  firstKeys(await makeSigningKey(), await makeSigningKey(), now);

/** An operator's bearer secret for the playback API: 256 random bits, base64url. */
export const makeCredential = (): string => randomBytes(32).toString('base64url');

/** What the playback API knows of a credential: its SHA-256, in hex. */
export const credentialDigest = (credential: string): string =>
  createHash('sha256').update(credential).digest('hex');
