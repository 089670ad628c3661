import { CdnError } from '#domain/errors.ts';
import type { AssetId, DiskId } from '#domain/ids.ts';
import type { Log } from '../log.ts';
import type { AssetName, HeldAsset } from './asset.ts';
import type { AssetIndex } from './asset-index.ts';
import type { AssetWriter } from './asset-writer.ts';
import type { Protection } from './protection.ts';
import { formatSidecar, parseSidecar } from './sidecar.ts';
import { Turns } from './turns.ts';
import type { Volume } from './volume.ts';

/** The files of assets: one change of an asset's files at a time, and each durable before the next. */
export class AssetFiles {
  readonly #index: AssetIndex;
  readonly #volumes: ReadonlyMap<DiskId, Volume>;
  readonly #protection: Protection;
  readonly #log: Log;
  readonly #turns = new Turns<AssetId>();

  constructor(options: {
    readonly index: AssetIndex;
    readonly volumes: ReadonlyMap<DiskId, Volume>;
    readonly protection: Protection;
    readonly log: Log;
  }) {
    this.#index = options.index;
    this.#volumes = options.volumes;
    this.#protection = options.protection;
    this.#log = options.log;
  }

  /** Changes the files of an asset when its turn has come. `work` must not wait for a turn itself. */
  inTurn<T>(assetId: AssetId, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(assetId, work);
  }
  /** Resolves when no file is being changed. */
  idle(): Promise<void> {
    return this.#turns.idle();
  }

  volumeOf({ diskId }: Pick<HeldAsset, 'diskId'>): Volume {
    const volume = this.#volumes.get(diskId);
    if (!volume) throw new CdnError('disk-failed', `disk ${diskId} is not configured`);
    return volume;
  }

  /** Gives what was written its place, durable: the bytes, their sidecar, and then the name. In turn. */
  async place(writer: AssetWriter, assetId: AssetId, names: readonly AssetName[]): Promise<void> {
    const { sizeBytes, chunkHashes } = writer;
    await writer.sync();
    const sidecar = formatSidecar({ sizeBytes, names, chunkHashes });
    await writer.volume.publish(writer.path, assetId, sidecar);
  }

  /**
   * Lets the bytes of an asset go from the disk that it was on. In turn, after the index was changed.
   * @param isForGood what is wrong or withdrawn must not come back by a power cut.
   */
  async release(asset: HeldAsset, isForGood = false): Promise<void> {
    const isStoodOn = this.#protection.release(asset);
    const volume = this.#volumes.get(asset.diskId);
    const { assetId, diskId } = asset;
    const released = isStoodOn
      ? volume?.retireAsset(assetId)
      : volume?.removeAsset(assetId, isForGood);
    await released?.catch(() => this.#log('store.asset.left-behind', { assetId, diskId }));
  }

  /** Writes what the index says now. A sidecar that cannot be written says what was, and the next start believes that. */
  rewriteSidecar(assetId: AssetId, added?: readonly string[]): Promise<void> {
    return this.inTurn(assetId, async () => {
      const asset = this.#index.asset(assetId);
      if (!asset) return;
      const chunkHashes = added ?? (await this.chunkHashesOf(asset));
      const names = this.#index.namesOf(assetId);
      const sidecar = formatSidecar({ sizeBytes: asset.sizeBytes, names, chunkHashes });
      const written = this.volumeOf(asset).writeSidecar(assetId, sidecar);
      await written.catch(() => this.#log('store.sidecar.unwritten', { assetId }));
    });
  }

  /** Undefined when its sidecar does not say, or cannot be read. */
  async chunkHashesOf(asset: HeldAsset): Promise<readonly string[] | undefined> {
    const content = await this.volumeOf(asset)
      .readSidecar(asset.assetId)
      .catch(() => undefined);
    return parseSidecar(content)?.chunkHashes;
  }
}
