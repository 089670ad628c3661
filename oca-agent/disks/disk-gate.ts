import type { Clock } from '#domain/clock.ts';
import { CdnError } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import { type Milliseconds, milliseconds, seconds } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';

export interface GateLimits {
  /** Operations at a time. Each holds a thread of libuv's pool, which all disks share. */
  readonly inFlightMax: number;
  /** Of those, how many may write: an fsync of minutes must leave room for reads. */
  readonly writesMax: number;
  /** Operations that wait for their turn. */
  readonly queuedMax: number;
  /** An operation that takes longer shows that the disk hangs; a sync may take as long as a full write cache, and so may a batch. */
  readonly hungAfter: Milliseconds;
  readonly syncHungAfter: Milliseconds;
}

/**
 * In flight: measured, a hung disk with 8 operations of a pool of 32 left the others undisturbed. Eight reads of 512 KiB
 * keep a flash disk busy; four are enough for an hdd to sort its seeks, and more only wait in the drive.
 * Queued: at 100 operations a second of an hdd these are ten seconds of waiting; whoever comes then is better off elsewhere.
 * Hung: 5 s and 15 s. Source: research "appliance", section 3.3. Sync: assumption, 4 GiB of an hdd's write cache at 50 MB/s.
 */
export const GATE_LIMITS: Readonly<Record<Tier, GateLimits>> = {
  flash: {
    inFlightMax: 8,
    writesMax: 4,
    queuedMax: 1024,
    hungAfter: seconds(5),
    syncHungAfter: seconds(30),
  },
  hdd: {
    inFlightMax: 4,
    writesMax: 2,
    queuedMax: 1024,
    hungAfter: seconds(15),
    syncHungAfter: seconds(90),
  },
};

/** How often the gate looks at what is in flight, and after how many looks an operation may probe a disk that hangs. */
const LOOK_EVERY = seconds(1);
const PROBE_AFTER_LOOKS = 30;

/**
 * `look`: names, sizes and small texts, which memory may answer while the medium is dying. `read`: content. `batch`: many reads in one,
 * which takes as long as they are many.
 */
export type OperationKind = 'look' | 'read' | 'batch' | 'write' | 'sync';

interface Waiting {
  readonly kind: OperationKind;
  readonly begin: () => void;
  readonly refuse: () => void;
}

interface InFlight {
  readonly kind: OperationKind;
  readonly isProbe: boolean;
  /** Counted in looks of this gate: a wall clock that is set, or a process that was stopped, makes no disk hang. */
  readonly beganAtLook: number;
  readonly refuse: () => void;
  /** Given up: it keeps its thread and its place, and speaks of the disk no more. */
  isLost: boolean;
}

/**
 * The one way to a disk. A few operations at a time, first come first served; the rest wait, and are refused with
 * `disk-busy` when too many do.
 *
 *     pass ──► queue ──► in flight (each a thread) ──► answer
 *                │              │ older than the limit: the disk hangs
 *                ▼              ▼
 *              refused        refused, and the thread left behind
 *
 * While the disk hangs everything is refused at once but, from half a minute on, one operation at a time that probes it;
 * when that was more than a look and is answered, what is still overdue is given up for lost. An operation cannot be called
 * back: its thread stays with it, so no more than the limit and one probe are ever lost to one disk.
 */
export class DiskGate {
  readonly #diskId: DiskId;
  readonly #limits: GateLimits;
  readonly #clock: Clock;
  readonly #onHung: (duration: Milliseconds) => void;
  readonly #onAnswered: () => void;
  readonly #inFlight = new Set<InFlight>();
  readonly #queue: Waiting[] = [];
  #looks = 0;
  #hungSinceLook: number | undefined;
  #isLooking = false;

  constructor(options: {
    readonly diskId: DiskId;
    readonly limits: GateLimits;
    readonly clock: Clock;
    /** Called at each look while the disk hangs. */
    readonly onHung: (duration: Milliseconds) => void;
    readonly onAnswered: () => void;
  }) {
    this.#diskId = options.diskId;
    this.#limits = options.limits;
    this.#clock = options.clock;
    this.#onHung = options.onHung;
    this.#onAnswered = options.onAnswered;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }
  get queued(): number {
    return this.#queue.length;
  }
  get isHung(): boolean {
    return this.#hungSinceLook !== undefined;
  }

  /**
   * Runs one operation when its turn comes. @throws CdnError `disk-busy` when it does not come, or the operation does not
   * end; what the operation brings after that goes to `discard`.
   */
  pass<T>(
    kind: OperationKind,
    operate: () => Promise<T>,
    discard: (late: T) => void = () => undefined,
  ): Promise<T> {
    const isProbe = this.isHung && this.#mayProbe();
    if (this.isHung ? !isProbe : this.#queue.length >= this.#limits.queuedMax)
      return Promise.reject(this.#busy());
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let isRefused = false;
    const refuse = () => {
      isRefused = true;
      reject(this.#busy());
    };
    const begin = () => {
      const flight = { kind, isProbe, beganAtLook: this.#looks, refuse, isLost: false };
      this.#inFlight.add(flight);
      operate().then(
        (result) => {
          this.#end(flight);
          if (isRefused) discard(result);
          else resolve(result);
        },
        (error) => {
          this.#end(flight);
          reject(error);
        },
      );
      void this.#look();
    };
    if (isProbe) begin();
    else {
      this.#queue.push({ kind, begin, refuse });
      this.#beginNext();
    }
    return promise;
  }

  #beginNext(): void {
    while (!this.isHung && this.#inFlight.size < this.#limits.inFlightMax) {
      const next = this.#queue.findIndex(({ kind }) => !isWriting(kind) || this.#mayWrite());
      const [waiting] = next < 0 ? [] : this.#queue.splice(next, 1);
      if (!waiting) return;
      waiting.begin();
    }
  }

  #mayWrite(): boolean {
    let writes = 0;
    for (const { kind } of this.#inFlight) if (isWriting(kind)) writes += 1;
    return writes < this.#limits.writesMax;
  }

  #end(flight: InFlight): void {
    this.#inFlight.delete(flight);
    if (this.isHung) this.#judgeAnswer(flight);
    this.#beginNext();
  }

  #judgeAnswer({ kind, isProbe }: InFlight): void {
    const overdue = this.#overdue();
    const lost = [...this.#inFlight].filter(({ isLost }) => isLost).length + overdue.length;
    const isBelieved = isProbe && kind !== 'look' && lost < this.#limits.writesMax;
    if (overdue.length > 0 && !isBelieved) return;
    for (const flight of overdue) flight.isLost = true;
    this.#hungSinceLook = undefined;
    this.#onAnswered();
  }

  /** Looks once a second, as long as anything is in flight. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#inFlight.size > 0) {
      await this.#clock.sleep(LOOK_EVERY);
      this.#looks += 1;
      this.#judge();
    }
    this.#isLooking = false;
  }

  #judge(): void {
    const overdue = this.#overdue();
    if (overdue.length === 0) return;
    this.#hungSinceLook ??= this.#looks;
    for (const flight of overdue) flight.refuse();
    for (const waiting of this.#queue.splice(0)) waiting.refuse();
    const oldest = Math.min(...overdue.map(({ beganAtLook }) => beganAtLook));
    this.#onHung(milliseconds((this.#looks - oldest) * LOOK_EVERY));
  }

  #overdue(): InFlight[] {
    const { hungAfter, syncHungAfter } = this.#limits;
    return [...this.#inFlight].filter(({ kind, beganAtLook, isLost }) => {
      const age = (this.#looks - beganAtLook) * LOOK_EVERY;
      return !isLost && age > (isLong(kind) ? syncHungAfter : hungAfter);
    });
  }

  #mayProbe(): boolean {
    const looksHung = this.#looks - (this.#hungSinceLook ?? this.#looks);
    const isProbing = [...this.#inFlight].some(({ isProbe }) => isProbe);
    return looksHung >= PROBE_AFTER_LOOKS && !isProbing;
  }

  #busy(): CdnError {
    const why = this.isHung ? 'does not answer' : `has ${this.#queue.length} operations waiting`;
    return new CdnError('disk-busy', `disk ${this.#diskId} ${why}`);
  }
}

const isLong = (kind: OperationKind): boolean => kind === 'sync' || kind === 'batch';
const isWriting = (kind: OperationKind): boolean => kind === 'write' || kind === 'sync';
