import type { AssetId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import type { GroupNumber } from './group-numbers.ts';

/** A member whose asset nobody holds. */
export interface Departed {
  readonly assetId: AssetId;
  readonly sizeBytes: Bytes;
  readonly group: GroupNumber;
  readonly column: number;
}

/** The members that nobody holds, by their asset and by their place: they are few, and have no slot. */
export class DepartedMembers {
  readonly #ofAsset = new Map<AssetId, Departed>();
  readonly #ofGroup = new Map<GroupNumber, Map<number, Departed>>();

  find(assetId: AssetId): Departed | undefined {
    return this.#ofAsset.get(assetId);
  }
  at(group: GroupNumber, column: number): Departed | undefined {
    return this.#ofGroup.get(group)?.get(column);
  }

  add(departed: Departed): void {
    const { assetId, group, column } = departed;
    this.#ofAsset.set(assetId, departed);
    const ofGroup = this.#ofGroup.get(group) ?? new Map<number, Departed>();
    this.#ofGroup.set(group, ofGroup.set(column, departed));
  }

  remove({ assetId, group, column }: Departed): void {
    this.#ofAsset.delete(assetId);
    const ofGroup = this.#ofGroup.get(group);
    ofGroup?.delete(column);
    if (ofGroup?.size === 0) this.#ofGroup.delete(group);
  }
}
