import { CdnError } from '#domain/errors.ts';
import { importTokenKey } from '#domain/tokens/session-token.ts';
import {
  importSigningKey,
  type KeyDocument,
  publicHalves,
  type SigningKey,
} from '#protocol/key-document.ts';
import { followIntroductions, installedPlanKeys } from '#protocol/plan-key-introduction.ts';

/**
 * Uses the keys as signers and appliances will, before anybody depends on them.
 * @throws CdnError `config-invalid` when a pair does not fit or an appliance could not follow.
 */
export async function testDocument(pending: KeyDocument, current: KeyDocument): Promise<void> {
  if (pending.keys.length < 2) refuse('expected a key that signs and a next one');
  for (const key of pending.keys) {
    if (!(await isPair(key))) refuse(`the halves of the key ${key.kid} do not belong together`);
  }
  if (current.keys.length > 0) await testIntroduction(pending, current);
}

/** Signs and verifies. Importing halves that do not belong together fails in some versions of Node.js. */
async function isPair(key: SigningKey): Promise<boolean> {
  const message = new TextEncoder().encode(key.kid);
  const privateKey = await importSigningKey(key).catch(() => undefined);
  if (!privateKey) return false;
  const signature = await crypto.subtle.sign('Ed25519', privateKey, message);
  return crypto.subtle.verify('Ed25519', await importTokenKey(key.x), signature, message);
}

/** An appliance that knows the keys of now must come to know all of the next period. */
async function testIntroduction(pending: KeyDocument, current: KeyDocument): Promise<void> {
  const known = publicHalves(current).map((key) => ({ ...key, purpose: 'fill-plan' as const }));
  const chain = (pending.introductions ?? []).map(({ envelope }) => envelope);
  const { keys } = await followIntroductions(installedPlanKeys(known), chain);
  const followed = new Set(keys.map(({ kid }) => kid));
  const strange = pending.keys.find(({ kid }) => !followed.has(kid));
  if (strange) refuse(`nobody introduces the key ${strange.kid}`);
}

function refuse(reason: string): never {
  throw new CdnError('config-invalid', `the rotated keys cannot be used: ${reason}`);
}
