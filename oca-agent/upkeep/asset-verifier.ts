import type { AssetId } from '#domain/ids.ts';
import type { Log } from '../log.ts';
import type { HeldAsset } from '../store/asset.ts';
import type { AssetStore } from '../store/asset-store.ts';
import { speaksOfDisk } from '../store/speaks-of-disk.ts';
import { AssetScan } from './asset-scan.ts';
import { type MendVerdict, mendAsset, type Reconstruction } from './mend-asset.ts';
import type { Pace } from './upkeep-pace.ts';

export interface VerifyResult {
  readonly verifiedAssets: number;
  readonly verifiedBytes: number;
  /** Their bytes were wrong or unreadable: parity told them, and they are right again. */
  readonly repaired: readonly AssetId[];
  /** The same, and nothing could tell them: held no longer, to be filled again. */
  readonly removed: readonly AssetId[];
}

/** Finds out whether assets are what their names say, and mends or removes those that are not. */
export class AssetVerifier {
  /** Since the agent's start. */
  repairedAssets = 0;
  lostAssets = 0;
  /** Called when an asset was removed: it may be filled again. */
  onLost: (() => void) | undefined;
  readonly #store: AssetStore;
  readonly #reconstruction: Reconstruction | undefined;
  readonly #log: Log;

  constructor(options: {
    readonly store: AssetStore;
    /** Absent where parity is off. */
    readonly reconstruction: Reconstruction | undefined;
    readonly log: Log;
  }) {
    this.#store = options.store;
    this.#reconstruction = options.reconstruction;
    this.#log = options.log;
  }

  /** Verifies assets one after another, whole. Those whose disk is out of use are passed over. */
  async verify(
    assets: Iterable<HeldAsset>,
    pace: Pace,
    signal: AbortSignal,
  ): Promise<VerifyResult> {
    const repaired: AssetId[] = [];
    const removed: AssetId[] = [];
    let verifiedAssets = 0;
    let verifiedBytes = 0;
    for (const asset of assets) {
      const scan = await this.#scanWhole(asset, pace, signal);
      if (!scan?.verdict) continue;
      const outcome = await this.conclude(scan, pace, signal);
      if (outcome === 'repaired') repaired.push(asset.assetId);
      if (outcome === 'lost') removed.push(asset.assetId);
      if (outcome !== 'sound') continue;
      verifiedAssets += 1;
      verifiedBytes += asset.sizeBytes;
    }
    return { verifiedAssets, verifiedBytes, repaired, removed };
  }

  /** Without a verdict when its disk fails or does not answer meanwhile: nothing can be said of it then. */
  async #scanWhole(asset: HeldAsset, pace: Pace, signal: AbortSignal) {
    const scan = await this.begin(asset);
    try {
      while (scan && !scan.verdict && !signal.aborted) await scan.step(pace, signal);
    } catch (error) {
      if (!speaksOfDisk(this.#store.volume(asset.diskId), error)) throw error;
    }
    return scan;
  }

  /** Undefined when its disk gives nothing out now. */
  async begin(asset: HeldAsset): Promise<AssetScan | undefined> {
    const volume = this.#store.volume(asset.diskId);
    if (!volume?.isReadable) return undefined;
    return new AssetScan({ asset, volume, chunkHashes: await this.#store.chunkHashesOf(asset) });
  }

  /** Acts on the verdict of a scan that has come to its end. */
  async conclude(
    { asset, verdict }: AssetScan,
    pace: Pace,
    signal: AbortSignal,
  ): Promise<'sound' | MendVerdict> {
    if (verdict?.kind === 'sound') {
      if (verdict.newHashes) await this.#store.addChunkHashes(asset, verdict.newHashes);
      return 'sound';
    }
    const chunks = verdict?.kind === 'wrong' ? verdict.chunks : undefined;
    const { assetId, diskId } = asset;
    // It moved or left while it was read: what was found is nobody's any more.
    if (this.#store.index.asset(assetId)?.diskId !== diskId) return 'left';
    this.#log('store.asset.corrupt', { assetId, diskId, chunks: chunks?.length });
    const outcome = await mendAsset(asset, chunks, {
      store: this.#store,
      reconstruction: this.#reconstruction,
      pace,
      signal,
    });
    if (outcome === 'repaired') this.repairedAssets += 1;
    if (outcome === 'lost') {
      this.lostAssets += 1;
      this.onLost?.();
    }
    if (outcome !== 'left') this.#log(`store.asset.${outcome}`, { assetId, diskId });
    return outcome;
  }
}
