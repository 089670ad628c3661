import { createHash } from 'node:crypto';
import type { AssetId } from '#domain/ids.ts';
import type { Log } from '../log.ts';
import type { HeldAsset } from './asset.ts';
import type { AssetStore } from './asset-store.ts';

export interface VerifyResult {
  readonly verifiedAssets: number;
  readonly verifiedBytes: number;
  /** Held no longer: their bytes were not what their name says, or could not be read. */
  readonly removed: readonly AssetId[];
}

const CHUNK_BYTES = 1024 * 1024;

/** Reads assets whole and compares their SHA-256 with their id. What does not match is removed, to be filled again. */
export async function verifyAssets(
  store: AssetStore,
  assets: readonly HeldAsset[],
  log: Log,
): Promise<VerifyResult> {
  const removed: AssetId[] = [];
  let verifiedAssets = 0;
  let verifiedBytes = 0;
  for (const asset of assets) {
    if (await isSound(store, asset)) {
      verifiedAssets += 1;
      verifiedBytes += asset.sizeBytes;
      continue;
    }
    await store.remove(asset.assetId, 'corruption');
    removed.push(asset.assetId);
    log('store.asset.corrupt', { assetId: asset.assetId, diskId: asset.diskId });
  }
  return { verifiedAssets, verifiedBytes, removed };
}

async function isSound(store: AssetStore, asset: HeldAsset): Promise<boolean> {
  const reader = await store.openReader(asset);
  if (!reader) return false;
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (let position = 0; position < asset.sizeBytes; ) {
      const readBytes = await reader.read(buffer, position);
      if (readBytes === 0) return false;
      hash.update(buffer.subarray(0, readBytes));
      position += readBytes;
    }
    return hash.digest('hex') === asset.assetId;
  } catch {
    return false;
  } finally {
    await reader.close();
  }
}
