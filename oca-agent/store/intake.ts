import type { AssetId, DiskId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import { isDiskTrouble } from '../disks/disk-trouble.ts';
import { AssetWriter } from './asset-writer.ts';
import type { Eviction, Leaver } from './eviction.ts';
import type { Newcomer, Rooms } from './room.ts';
import type { Volume } from './volume.ts';

/** `licence`: it has ended. All but `eviction` remove what is planned, too. */
export type RemovalReason = 'eviction' | 'licence' | 'invalidation' | 'corruption';
export type RemovalVerdict = 'removed' | 'planned' | 'in-use' | 'not-held';

export interface BeginOptions {
  readonly sizeBytes: Bytes;
  readonly tiers: readonly Tier[];
  /** Assets that are not planned may give way. */
  readonly mayEvict: boolean;
  /** No plan wants it: it may only fill the share of surprises. */
  readonly isSurprise?: boolean;
  readonly avoidDisks?: ReadonlySet<DiskId>;
}

interface IntakeParts {
  readonly volumes: ReadonlyMap<DiskId, Volume>;
  readonly rooms: Rooms;
  readonly eviction: Eviction;
  readonly remove: (assetId: AssetId, reason: RemovalReason) => Promise<RemovalVerdict>;
}

/** Finds a disk for what is to come, and makes room on it. */
export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Begins on the first disk with room; undefined when none has any or can make some. */
  async begin(options: BeginOptions): Promise<AssetWriter | undefined> {
    const { rooms, volumes } = this.#parts;
    const newcomer = { sizeBytes: options.sizeBytes, isSurprise: options.isSurprise ?? false };
    for (const volume of rooms.byRoom(volumes.values(), options.tiers)) {
      if (options.avoidDisks?.has(volume.disk.diskId)) continue;
      const giveRoomBack = await this.#makeRoom(volume, newcomer, options.mayEvict);
      if (!giveRoomBack) continue;
      try {
        const partial = await volume.createPartial();
        return new AssetWriter({ volume, sizeBytes: options.sizeBytes, partial, giveRoomBack });
      } catch (error) {
        giveRoomBack();
        if (!isDiskTrouble(error)) throw error;
      }
    }
    return undefined;
  }

  /** Evicts until a disk has room for `roomBytes` more. Returns what it freed; 0 when that cannot be, or need not. */
  async evictTo(volume: Volume, roomBytes: number): Promise<number> {
    const lackingBytes = await this.#parts.rooms.lackingBytes(volume, roomBytes);
    return lackingBytes > 0 ? ((await this.#evict(volume, lackingBytes)) ?? 0) : 0;
  }

  /** Removes the assets of a disk whose licence has ended. Returns what that freed. */
  evictEnded({ disk }: Volume): Promise<number> {
    return this.#removeAll(this.#parts.eviction.ended(disk.diskId));
  }

  /** Promises room and makes it; returns how to give it back. Undefined when there is none. */
  async #makeRoom(
    volume: Volume,
    newcomer: Newcomer,
    mayEvict: boolean,
  ): Promise<(() => void) | undefined> {
    const claim = await this.#parts.rooms.claim(volume, newcomer);
    if (!claim) return undefined;
    const { lackingBytes, giveBack } = claim;
    try {
      // Somebody may have begun to read a victim meanwhile.
      const freedBytes = lackingBytes > 0 && mayEvict ? await this.#evict(volume, lackingBytes) : 0;
      const isRoomMade = freedBytes !== undefined && freedBytes >= lackingBytes;
      if (isRoomMade && (await this.#parts.rooms.hasRetiredRoom(volume))) return giveBack;
    } catch (error) {
      giveBack();
      throw error;
    }
    giveBack();
    return undefined;
  }

  /** Undefined, and nobody has gone, when not enough may go. */
  async #evict({ disk }: Volume, lackingBytes: number): Promise<number | undefined> {
    const leavers = await this.#parts.eviction.choose(disk.diskId, lackingBytes);
    return leavers && this.#removeAll(leavers);
  }

  async #removeAll(leavers: readonly Leaver[]): Promise<number> {
    const { eviction, remove } = this.#parts;
    let freedBytes = 0;
    for (const { asset, reason } of leavers) {
      const verdict = await remove(
        asset.assetId,
        reason === 'licence-ended' ? 'licence' : 'eviction',
      );
      if (verdict === 'removed') freedBytes += asset.sizeBytes;
      else if (verdict !== 'not-held') eviction.noteHeld(asset);
    }
    return freedBytes;
  }
}
