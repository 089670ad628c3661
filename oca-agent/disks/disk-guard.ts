import type { Clock } from '#domain/clock.ts';
import {
  type DiskCondition,
  type DiskEvent,
  type DiskStatus,
  isMediumFailure,
  isPlaceable,
  isReadable,
  learn,
  newDiskStatus,
  takesWrites,
} from '#domain/disks/disk-state.ts';
import { LatencyWindow } from '#domain/disks/latency-window.ts';
import { CdnError } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import { elapsed } from '#domain/units.ts';
import { errnoOf, type FileSystem } from '../platform/file-system.ts';
import { DiskGate, type GateLimits, type OperationKind } from './disk-gate.ts';
import { type DiskOperation, gatedFiles } from './gated-files.ts';

/** How busy a disk is. */
export interface DiskLoad {
  readonly inFlight: number;
  readonly queued: number;
}

/** One disk's gate and state: lets operations through, learns from how they end, refuses what would be in vain. */
export class DiskGuard {
  /** The disk's files. @throws CdnError `disk-failed`, `disk-read-only`, `disk-busy`; and what the system says. */
  readonly files: FileSystem;
  /** The same for a disk that has failed: to see what is there now. What it finds says nothing of the disk's state. */
  readonly probingFiles: FileSystem;
  /** Of reads, in the window that is under way. */
  readonly latencies: LatencyWindow;
  readonly #diskId: DiskId;
  readonly #clock: Clock;
  readonly #gate: DiskGate;
  readonly #onChange: (condition: DiskCondition, before: DiskCondition) => void;
  #status: DiskStatus;

  constructor(options: {
    readonly diskId: DiskId;
    readonly files: FileSystem;
    readonly clock: Clock;
    readonly limits: GateLimits;
    readonly onChange: (condition: DiskCondition, before: DiskCondition) => void;
  }) {
    const { diskId, clock, limits, files } = options;
    this.#diskId = diskId;
    this.#clock = clock;
    this.#onChange = options.onChange;
    this.#status = newDiskStatus(clock.now());
    this.latencies = new LatencyWindow(clock.now());
    this.#gate = new DiskGate({
      diskId,
      limits,
      clock,
      onHung: (duration) => this.learn({ kind: 'hung', duration }),
      onAnswered: () => this.learn({ kind: 'answered' }),
    });
    this.files = gatedFiles(files, (operation, operate, discard) => {
      const refusal = this.#refusalOf(operation.kind);
      if (refusal) return Promise.reject(refusal);
      return this.#gate.pass(operation.kind, () => this.#watch(operation, operate), discard);
    });
    this.probingFiles = gatedFiles(files, ({ kind }, operate, discard) =>
      this.#gate.pass(kind, operate, discard),
    );
  }

  get status(): DiskStatus {
    return this.#status;
  }
  get isReadable(): boolean {
    return isReadable(this.#status);
  }
  get takesWrites(): boolean {
    return takesWrites(this.#status);
  }
  get isPlaceable(): boolean {
    return isPlaceable(this.#status);
  }
  get load(): DiskLoad {
    return { inFlight: this.#gate.inFlight, queued: this.#gate.queued };
  }

  learn(event: DiskEvent): void {
    const before = this.#status.condition;
    this.#status = learn(this.#status, event, this.#clock.now());
    const { condition } = this.#status;
    if (condition !== before) this.#onChange(condition, before);
  }

  #refusalOf(kind: OperationKind): CdnError | undefined {
    const { failed, unwritable } = this.#status;
    if (failed !== undefined) return this.#error('disk-failed', failed);
    if (isWriting(kind) && !takesWrites(this.#status))
      return this.#error('disk-read-only', unwritable ?? '');
    return undefined;
  }

  async #watch<T>({ kind, path }: DiskOperation, operate: () => Promise<T>): Promise<T> {
    const beganAt = this.#clock.now();
    try {
      const result = await operate();
      if (kind === 'read' && this.#status.readErrorsInRow > 0)
        this.learn({ kind: 'read-answered' });
      return result;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined || !isMediumFailure(errno)) throw error;
      const operation = isWriting(kind) ? 'write' : 'read';
      this.learn({ kind: 'io-error', operation, errno, path });
      throw this.#refusalOf(kind) ?? this.#error('disk-failed', `${errno} on ${kind}`, error);
    } finally {
      if (kind === 'read') this.latencies.note(elapsed(beganAt, this.#clock.now()));
    }
  }

  #error(code: 'disk-failed' | 'disk-read-only', why: string, cause?: unknown): CdnError {
    return new CdnError(code, `disk ${this.#diskId}: ${why}`, { cause });
  }
}

const isWriting = (kind: OperationKind): boolean => kind === 'write' || kind === 'sync';
