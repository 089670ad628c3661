/**
 * How full a disk may be, of its declared capacity: the rest keeps the filesystem fast and is room for what an update
 * leaves behind for a while. Source: the seed's fill rules, 95 % of flash and 85 % of hdd.
 */
export const WATERMARKS = { flash: 0.95, hdd: 0.85 } as const;

/** The share of each disk that assets may fill which no plan wants. Assumption: a tenth. */
export const SURPRISE_SHARE_DEFAULT = 0.1;

/** A parity group: `dataFiles` (k) on as many disks, `parityFiles` (m) on others. m = 0: no parity. */
export interface ParityGeometry {
  readonly dataFiles: number;
  readonly parityFiles: number;
}

/** The part of an hdd disk below its watermark that assets may fill when its parity is whole: k / (k + m). */
export const dataShareOf = (parity: ParityGeometry | undefined): number =>
  parity && parity.parityFiles > 0 ? parity.dataFiles / (parity.dataFiles + parity.parityFiles) : 1;

/** The part of a disk's declared capacity that plans may fill: the rest is for parity, surprises and the filesystem. */
export const planShareOf = (
  tier: keyof typeof WATERMARKS,
  options: { readonly parity?: ParityGeometry | undefined; readonly surpriseShare?: number },
): number =>
  WATERMARKS[tier] *
  (tier === 'hdd' ? dataShareOf(options.parity) : 1) *
  (1 - (options.surpriseShare ?? SURPRISE_SHARE_DEFAULT));
