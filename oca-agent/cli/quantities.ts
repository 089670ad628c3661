/** Quantities as people read them. Decimal units, as disk vendors have them. */
export const size = (sizeBytes: number): string => scaled(sizeBytes, 'B');
export const rate = (bitsPerSecond: number): string => scaled(bitsPerSecond, 'bit/s');

function scaled(value: number, unit: string): string {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P'];
  const step = value < 1000 ? 0 : Math.min(prefixes.length - 1, Math.floor(Math.log10(value) / 3));
  const digits = step === 0 ? 0 : 1;
  return `${(value / 1000 ** step).toFixed(digits)} ${prefixes[step]}${unit}`;
}

export function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

export const lines = (parts: readonly string[]): string =>
  parts.map((line) => `${line}\n`).join('');
