/** What a disk's own electronics count and measure; absent what it does not tell. */
export interface DiskVitals {
  /** Its own verdict over all. */
  readonly isPassed?: boolean;
  /** Of an hdd. An NVMe disk has limits of its own and warns by `criticalWarning`. */
  readonly temperatureCelsius?: number;
  /** NVMe: bits. Source: NVM Express Base Specification 2.0, "SMART / Health Information", byte 0. */
  readonly criticalWarning?: number;
  /** NVMe: percent of the spare blocks that are left, and below which it warns. */
  readonly availableSpare?: number;
  readonly spareThreshold?: number;
  /** NVMe: percent of the vendor's estimate of its life; may pass 100. */
  readonly percentageUsed?: number;
  /** Counts of errors by name, which should not rise. */
  readonly errorCounts: Readonly<Record<string, number>>;
}

export interface HealthFinding {
  /** `drain`: take no more writes. `spare`: go easy on it. */
  readonly advice: 'drain' | 'spare';
  readonly reason: string;
}

/** Source: research "appliance", section 3.3. */
const HDD_TEMPERATURE_MAX_CELSIUS = 60;
const LIFE_PERCENT_MAX = 100;
const HEAT_WARNING = 1 << 1;

/**
 * What to do about a disk. `first`: the vitals that were first read of this medium; error counts are judged by how they rise.
 * Worn out by the vendor's estimate is no reason to drain: all disks of one age would leave together.
 */
export function judgeHealth(vitals: DiskVitals, first: DiskVitals): HealthFinding | undefined {
  const drain = drainReason(vitals, first);
  if (drain !== undefined) return { advice: 'drain', reason: drain };
  const spare = spareReason(vitals);
  return spare === undefined ? undefined : { advice: 'spare', reason: spare };
}

function drainReason(vitals: DiskVitals, first: DiskVitals): string | undefined {
  const { isPassed, criticalWarning = 0, availableSpare, spareThreshold, errorCounts } = vitals;
  if (isPassed === false) return 'it expects to fail (SMART)';
  if ((criticalWarning & ~HEAT_WARNING) !== 0) return `NVMe critical warning ${criticalWarning}`;
  if (availableSpare !== undefined && availableSpare < (spareThreshold ?? 0))
    return `${availableSpare} % of its spare blocks left`;
  const rising = Object.entries(errorCounts).find(
    ([name, count]) => count > (first.errorCounts[name] ?? 0),
  );
  if (!rising) return undefined;
  const [name, count] = rising;
  return `${name} rose from ${first.errorCounts[name] ?? 0} to ${count}`;
}

function spareReason(vitals: DiskVitals): string | undefined {
  const { temperatureCelsius = 0, criticalWarning = 0, percentageUsed = 0 } = vitals;
  if (temperatureCelsius > HDD_TEMPERATURE_MAX_CELSIUS) return `${temperatureCelsius} °C`;
  if ((criticalWarning & HEAT_WARNING) !== 0) return 'it is too hot (NVMe)';
  return percentageUsed >= LIFE_PERCENT_MAX ? `${percentageUsed} % of its life used` : undefined;
}
