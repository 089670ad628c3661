/** Quantities as people read them. Decimal units throughout: a disk's MB is 10^6 bytes. */

/** What stands where a figure is not known. */
export const UNKNOWN = '–';

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const BIT_RATE_UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'] as const;

/** `412 kB`, `1.25 MB`: three digits at most, so that columns stay still. */
export const formatBytes = (sizeBytes: number): string => scaled(sizeBytes, BYTE_UNITS);

export const formatBitRate = (bitsPerSecond: number): string =>
  scaled(bitsPerSecond, BIT_RATE_UNITS);

/** A ratio in whole percent; what is there but rounds to nothing is `<1 %`, what is not quite all is `>99 %`. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.01) return '<1 %';
  if (share < 1 && share > 0.99) return '>99 %';
  return `${Math.round(share * 100)} %`;
}

export const formatMilliseconds = (durationMs: number): string =>
  durationMs < 1000 ? `${Math.round(durationMs)} ms` : formatSeconds(durationMs / 1000);

export const formatSeconds = (seconds: number): string => `${seconds.toFixed(1)} s`;

/** `just now`, `12 s ago`, `3 min ago`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (seconds < 2) return 'just now';
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
}

/** `1 request`, `2 requests`. */
export const formatCount = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

function scaled(quantity: number, units: readonly string[]): string {
  const rounded = Number(quantity.toPrecision(3));
  const steps = rounded < 1 ? 0 : Math.floor(Math.log10(rounded) / 3);
  const step = Math.min(steps, units.length - 1);
  const value = rounded / 1000 ** step;
  const digits = step === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[step]}`;
}
