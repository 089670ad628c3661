import { firstKeys, type RotationRules, rotateKeys } from '#domain/tokens/rotate-keys.ts';
import {
  INTRODUCTIONS_MAX,
  importSigningKey,
  type KeyDocument,
  makeSigningKey,
  publicHalves,
  type SigningKey,
} from '#protocol/key-document.ts';
import { introducePlanKeys } from '#protocol/plan-key-introduction.ts';

/**
 * The document of the next period, in which the keys of this one introduce those of the next. An empty one gets its first
 * keys, which have nobody to introduce them; one that is rotated too soon stays as it is.
 */
export async function rotatedDocument(
  current: KeyDocument,
  rules: RotationRules,
): Promise<KeyDocument> {
  const [signing] = current.keys;
  const newKey = await makeSigningKey();
  if (!signing) return firstKeys(await makeSigningKey(), newKey, rules.now);
  const rotation = rotateKeys(current, newKey, rules);
  if (!rotation.ok) return current;
  const { keys, rotatedAt } = rotation.live;
  // Two signatures, so that a chain can be taken up by whoever knew either key.
  const signers = await Promise.all(
    [...new Set([signing, ...keys.slice(0, 1)])].map(withPrivateKey),
  );
  const planKeys = publicHalves({ keys }).map((key) => ({ ...key, purpose: 'fill-plan' as const }));
  const introduction = { version: 1, issuedAt: rotatedAt, keys: planKeys } as const;
  const envelope = await introducePlanKeys(introduction, signers);
  const introductions = [...(current.introductions ?? []), { issuedAt: rotatedAt, envelope }];
  return { keys, rotatedAt, introductions: introductions.slice(-INTRODUCTIONS_MAX) };
}

const withPrivateKey = async (key: SigningKey) => ({
  kid: key.kid,
  privateKey: await importSigningKey(key),
});
