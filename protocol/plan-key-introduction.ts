import { type EpochMs, epochMs } from '#domain/units.ts';
import { type Decoder, decodeJson, list, literal, object } from './decode.ts';
import { type DsseEnvelope, openEnvelope, signEnvelope } from './dsse.ts';
import { instant } from './fields.ts';
import { importKeys, type VerificationKey, verificationKey } from './key-set.ts';

/**
 * How appliances learn new keys of fill plans. Each rotation leaves one of these, signed by a key of the period before:
 * whoever trusts that one trusts these keys from then on, and no others. So a chain leads from the keys that an
 * appliance was installed with to those in force, and whoever merely answers for the control API cannot extend it.
 */
export interface PlanKeyIntroduction {
  readonly version: 1;
  /** Grows from one to the next: none is followed twice, and none after a later one. */
  readonly issuedAt: EpochMs;
  readonly keys: readonly VerificationKey[];
}

/** The keys whose plans are followed, and which introduction they came from; the installed ones came before any. */
export interface PlanKeyTrust {
  readonly issuedAt: EpochMs;
  readonly keys: readonly VerificationKey[];
}

const PLAN_KEYS_TYPE = 'application/vnd.distributary.plan-keys+json;version=1';

const planKeyIntroduction: Decoder<PlanKeyIntroduction> = object({
  version: literal(1),
  issuedAt: instant,
  keys: list(verificationKey, { lengthMax: 8 }),
});

export const installedPlanKeys = (keys: readonly VerificationKey[]): PlanKeyTrust => ({
  issuedAt: epochMs(0),
  keys: keys.filter(({ purpose }) => purpose === 'fill-plan'),
});

export const introducePlanKeys = (
  introduction: PlanKeyIntroduction,
  signers: readonly { readonly kid: string; readonly privateKey: CryptoKey }[],
): Promise<DsseEnvelope> => signEnvelope(PLAN_KEYS_TYPE, JSON.stringify(introduction), ...signers);

/** Follows a chain, oldest first, as far as it is genuine. What is forged, stale or empty changes nothing. */
export async function followIntroductions(
  trust: PlanKeyTrust,
  chain: readonly DsseEnvelope[],
): Promise<PlanKeyTrust> {
  let followed = trust;
  for (const envelope of chain) followed = await followOne(followed, envelope);
  return followed;
}

async function followOne(trust: PlanKeyTrust, envelope: DsseEnvelope): Promise<PlanKeyTrust> {
  const opened = await openEnvelope(
    envelope,
    PLAN_KEYS_TYPE,
    await importKeys(trust.keys, 'fill-plan'),
  );
  if (!opened.ok) return trust;
  const decoded = decodeJson(planKeyIntroduction, opened.payload);
  if (!decoded.ok || decoded.value.issuedAt <= trust.issuedAt) return trust;
  const { issuedAt } = decoded.value;
  const keys = decoded.value.keys.filter(({ purpose }) => purpose === 'fill-plan');
  return keys.length === 0 ? trust : { issuedAt, keys };
}
