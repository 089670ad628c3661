import { type EpochMs, epochMs } from '../units.ts';

/** Share of a certificate's life after which it is renewed: two thirds are left to try again and to raise an alarm in. */
const RENEWED_AFTER = 1 / 3;

/** When a certificate is due for renewal: after a third of its life; at once for one whose life has no length. */
export function renewalDueAt({ notBefore, notAfter }: Validity): EpochMs {
  const lifeMs = Math.max(0, notAfter - notBefore);
  return epochMs(notBefore + Math.floor(lifeMs * RENEWED_AFTER));
}

/** From and until when a certificate is valid, both included. Source: RFC 5280, section 4.1.2.5. */
export interface Validity {
  readonly notBefore: EpochMs;
  readonly notAfter: EpochMs;
}
