import { surpriseExcessBytes, surpriseLimitBytes } from '#domain/eviction/admission.ts';
import type { DiskId } from '#domain/ids.ts';
import { WATERMARKS } from '#domain/topology/watermarks.ts';
import { type Bytes, bytes } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import type { AssetIndex } from './asset-index.ts';
import type { Protection } from './protection.ts';
import type { DiskSettings, Volume } from './volume.ts';

/** Room that stays free for the filesystem itself. Source: research "appliance", section 3.2. */
const FLOOR_SHARE = 0.02;
const FLOOR_BYTES = 64 * 2 ** 30;
/** Of small disks the floor takes no more than this. Assumption. */
const FLOOR_SHARE_MAX = 0.05;

/** What is to come onto a disk. A surprise is what no plan wants. */
export interface Newcomer {
  readonly sizeBytes: number;
  readonly isSurprise: boolean;
}

export interface Claim {
  readonly lackingBytes: number;
  readonly giveBack: () => void;
}

/**
 * How much more each disk may take. Three limits hold at once: the watermark, below which the ledger (what the index
 * says, what is retired, what is promised to transfers) must stay; the floor, which the filesystem must keep free; and
 * the share of surprises.
 */
export class Rooms {
  readonly #index: AssetIndex;
  readonly #protection: Protection;
  readonly #surpriseShare: number;
  readonly #surprisesOnTheirWay = new Map<DiskId, number>();

  constructor(options: {
    readonly index: AssetIndex;
    readonly protection: Protection;
    readonly surpriseShare: number;
  }) {
    this.#index = options.index;
    this.#protection = options.protection;
    this.#surpriseShare = options.surpriseShare;
  }

  /** What assets may fill of a disk: its capacity below the watermark, less the share of parity. */
  usableBytes({ tier, capacityBytes }: DiskSettings): Bytes {
    const dataShare = tier === 'hdd' ? this.#protection.dataShare : 1;
    return bytes(Math.floor(capacityBytes * WATERMARKS[tier] * dataShare));
  }

  /** What may still be written to a disk without removing anything. */
  async freeBytes(volume: Volume): Promise<Bytes> {
    if (!volume.isWritable || volume.isFull) return bytes(0);
    const foundBytes = await foundBytesOf(volume);
    if (foundBytes === undefined) return bytes(0);
    const retiredBytes = this.#protection.retiredBytes(volume.disk.diskId);
    const ledgerBytes = this.#ledgerBytes(volume) - retiredBytes;
    return bytes(Math.max(0, Math.min(ledgerBytes, this.#aboveFloorBytes(volume, foundBytes))));
  }

  /**
   * Promises room to a newcomer, and says what must go so that it fits; undefined when it never will, or when the
   * filesystem does not say what is free: nobody goes because it could not be asked. Retired assets are
   * counted as gone where the filesystem has room enough beside them: their room comes back by itself, and to evict more
   * would not bring it back sooner.
   */
  async claim(volume: Volume, newcomer: Newcomer): Promise<Claim | undefined> {
    const foundBytes = await foundBytesOf(volume);
    const lackingBytes =
      foundBytes === undefined ? undefined : this.#lackingBytes(volume, newcomer, foundBytes);
    return lackingBytes === undefined
      ? undefined
      : { lackingBytes, giveBack: this.#reserve(volume, newcomer) };
  }

  /** What must go so that a disk has room for `roomBytes` more; 0 where the filesystem does not say what is free. */
  async lackingBytes(volume: Volume, roomBytes: number): Promise<number> {
    const foundBytes = await foundBytesOf(volume);
    if (foundBytes === undefined) return 0;
    return this.#lackingBytes(volume, { sizeBytes: roomBytes, isSurprise: false }, foundBytes) ?? 0;
  }

  /** What is promised stands on the filesystem beside all that is retired. */
  async hasRetiredRoom(volume: Volume): Promise<boolean> {
    if (this.#protection.retiredBytes(volume.disk.diskId) === 0) return true;
    const foundBytes = await foundBytesOf(volume);
    return foundBytes !== undefined && this.#aboveFloorBytes(volume, foundBytes) >= 0;
  }

  /** Disks of these tiers that take data: tier by tier as listed, within a tier the one with most room first. */
  byRoom(volumes: Iterable<Volume>, tiers: readonly Tier[]): Volume[] {
    const writable = [...volumes].filter((volume) => volume.isWritable && !volume.isFull);
    return tiers.flatMap((tier) =>
      writable
        .filter((volume) => volume.disk.tier === tier)
        .sort((one, other) => this.#ledgerBytes(other) - this.#ledgerBytes(one)),
    );
  }

  #lackingBytes(volume: Volume, newcomer: Newcomer, foundBytes: number): number | undefined {
    if (!volume.isWritable || volume.isFull) return undefined;
    const { sizeBytes, isSurprise } = newcomer;
    const displacedBytes = isSurprise ? this.#displacedBytes(volume, sizeBytes) : 0;
    if (displacedBytes === undefined) return undefined;
    const retiredBytes = this.#protection.retiredBytes(volume.disk.diskId);
    return Math.max(
      0,
      displacedBytes,
      sizeBytes - this.#ledgerBytes(volume),
      sizeBytes - this.#aboveFloorBytes(volume, foundBytes) - retiredBytes,
    );
  }

  /** The function that it returns takes the promise back, once. */
  #reserve(volume: Volume, { sizeBytes, isSurprise }: Newcomer): () => void {
    const { diskId } = volume.disk;
    const count = (countedBytes: number) => {
      volume.reservedBytes += countedBytes;
      if (!isSurprise) return;
      const onTheirWayBytes = this.#surprisesOnTheirWay.get(diskId) ?? 0;
      this.#surprisesOnTheirWay.set(diskId, onTheirWayBytes + countedBytes);
    };
    count(sizeBytes);
    let isPromised = true;
    return () => {
      if (isPromised) count(-sizeBytes);
      isPromised = false;
    };
  }

  #ledgerBytes({ disk, reservedBytes }: Volume): number {
    return this.usableBytes(disk) - this.#index.usageOfDisk(disk.diskId).usedBytes - reservedBytes;
  }

  #aboveFloorBytes({ disk, reservedBytes }: Volume, foundBytes: number): number {
    const { diskId, capacityBytes } = disk;
    const floorBytes = Math.min(
      Math.max(capacityBytes * FLOOR_SHARE, FLOOR_BYTES),
      capacityBytes * FLOOR_SHARE_MAX,
    );
    const { usedBytes } = this.#index.usageOfDisk(diskId);
    const declaredBytes = capacityBytes - usedBytes - this.#protection.overheadBytes(diskId);
    return Math.floor(Math.min(foundBytes, declaredBytes) - reservedBytes - floorBytes);
  }

  /** Surprises do not grow beyond their share; what an earlier plan left behind may lie above it until room is needed. */
  #displacedBytes({ disk }: Volume, sizeBytes: number): number | undefined {
    const { evictableBytes } = this.#index.usageOfDisk(disk.diskId);
    const onTheirWayBytes = this.#surprisesOnTheirWay.get(disk.diskId) ?? 0;
    const excessBytes = surpriseExcessBytes({
      limitBytes: surpriseLimitBytes(this.usableBytes(disk), this.#surpriseShare),
      heldBytes: bytes(evictableBytes + onTheirWayBytes),
      sizeBytes: bytes(sizeBytes),
    });
    return excessBytes === undefined ? undefined : Math.min(sizeBytes, excessBytes);
  }
}

/** What the filesystem says is free; undefined where it says nothing. */
const foundBytesOf = (volume: Volume): Promise<number | undefined> =>
  volume.freeBytes().catch(() => undefined);
