import { CdnError } from '#domain/errors.ts';
import { rotateKeys } from '#domain/tokens/rotate-keys.ts';
import { type EpochMs, type Milliseconds, seconds } from '#domain/units.ts';
import {
  type KeyDocument,
  makeSigningKey,
  type PublicKey,
  publicHalves,
} from '#protocol/key-document.ts';
import { DURATION_SECONDS_MAX } from '#protocol/title-catalog.ts';
import type { Config } from '../../../lib/config/schema.ts';

export interface RotatedSessionKeys {
  readonly document: KeyDocument;
  /** What the configuration is to name: the keys in force after the rotation. */
  readonly publicKeys: readonly PublicKey[];
  /** Whether another key signs now; a document without a next key first gets one. */
  readonly isPromoted: boolean;
}

/**
 * The session-token keys of the next period. CloudFront's edge verifies with the keys of the configuration that is
 * deployed, so a key that is not in it must not sign.
 * @throws CdnError `config-invalid` when the next key is not in the configuration or there is no key at all,
 * `rotation-too-soon` while tokens of the previous key may be in force.
 */
export async function rotateSessionKeys(
  document: KeyDocument,
  { config, now }: { readonly config: Config; readonly now: EpochMs },
): Promise<RotatedSessionKeys> {
  const [signing, next] = document.keys;
  if (!signing)
    throw new CdnError('config-invalid', 'the secret holds no key yet: see keys generate');
  const rules = { now, lifetime: tokenLifetime(config) };
  const rotation = rotateKeys(document, await makeSigningKey(), rules);
  if (!rotation.ok)
    throw new CdnError(
      'rotation-too-soon',
      `tokens of the previous key may be in force until ${new Date(rotation.dueAt).toISOString()}: rotate then`,
    );
  const isPromoted = rotation.live.keys[0] !== signing;
  if (isPromoted && next) demandDeployed(next, config);
  return { document: rotation.live, publicKeys: publicHalves(rotation.live), isPromoted };
}

/** From the minting of a token to its end: see lambda/playback/sessions.ts. */
const tokenLifetime = ({ tokens }: Config): Milliseconds =>
  seconds(tokens.lifetimeSeconds + DURATION_SECONDS_MAX);

function demandDeployed({ kid, x }: PublicKey, { tokens: { publicKeys = [] } }: Config): void {
  if (publicKeys.some((key) => key.kid === kid && key.x === x)) return;
  throw new CdnError(
    'config-invalid',
    `the next key ${kid} is not in tokens.publicKeys: add { kid: ${JSON.stringify(kid)}, x: ${JSON.stringify(x)} }, deploy, and rotate then; at the edge its tokens would be refused`,
  );
}
