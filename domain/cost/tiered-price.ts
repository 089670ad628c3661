import { invariant } from '../invariant.ts';
import { type UsDollars, usDollars } from '../units.ts';

/** One step of a volume price. It holds up to `upToBytes` a month in total; the last step has no bound. */
export interface PriceStep {
  readonly upToBytes?: number | undefined;
  readonly usdPerGigabyte: UsDollars;
}

/**
 * What a month's volume costs, each byte at the price of the step that it falls into. Monotone and continuous: the byte
 * after a step's end costs the next step's price and changes no other. A GB is 10^9 bytes, as AWS's price pages use it.
 */
export function tieredCost(steps: readonly PriceStep[], volumeBytes: number): UsDollars {
  invariant(volumeBytes >= 0, `a volume is not negative: ${volumeBytes}`);
  let from = 0;
  let usd = 0;
  for (const { upToBytes = Number.POSITIVE_INFINITY, usdPerGigabyte } of steps) {
    const inStep = Math.max(0, Math.min(upToBytes, volumeBytes) - from);
    usd += (inStep / 1e9) * usdPerGigabyte;
    from = upToBytes;
  }
  return usDollars(usd);
}
