import type { Clock } from '#domain/clock.ts';
import { SecondHitAdmission } from '#domain/eviction/admission.ts';
import type { TitleId } from '#domain/ids.ts';
import { seedFrom } from '#domain/random.ts';
import { seconds } from '#domain/units.ts';
import type { Admission } from './miss-fetch.ts';

/** First requests that are remembered: 2 MiB of memory, and for how long. Assumption: demand for a title lasts a week. */
const REMEMBERED_FILES = 262_144;
const REMEMBERED_FOR = seconds(7 * 86_400);

/** Files that no plan wants are worth a place when they are asked for a second time. */
export class SecondRequest implements Admission {
  readonly #clock: Clock;
  readonly #admission = new SecondHitAdmission(REMEMBERED_FILES, REMEMBERED_FOR);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admits(titleId: TitleId, file: string): boolean {
    return this.#admission.admits(keyOf(`${titleId}/${file}`), this.#clock.now());
  }
}

/** 53 bits of a name. */
const keyOf = (name: string): number => seedFrom(name) * 2 ** 21 + (seedFrom(`${name}/`) >>> 11);
