import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import type { TitleId } from '#domain/ids.ts';
import { type Bytes, bytes, type EpochMs, epochMs } from '#domain/units.ts';
import type { Asset, TitleCatalog, Track } from '#protocol/title-catalog.ts';
import { batchGet, batchWrite, type Item, isConditionMet, queryPartition } from './tables.ts';

/** A published title without its file list. */
export interface TitleRecord extends Omit<TitleCatalog, 'version' | 'tracks' | 'assets'> {
  readonly tracks: readonly TitleTrack[];
  readonly assetCount: number;
  readonly totalBytes: Bytes;
}

/** A track with the first of its files: the initialization, or the whole of it. */
export interface TitleTrack extends Omit<Track, 'files'> {
  readonly firstFile: string;
}

export interface TitleAsset extends Asset {
  /** Absent for a file of no track: an MPD, a playlist. */
  readonly trackId?: string;
}

/**
 * Titles, in the titles table. The record is the pointer: file lists are written before it and removed after it, so
 * that a title is either all there or not there.
 *
 *     pk                sk                          attributes
 *     titles            <titleId>                   publishedAt, record; withdrawnAt instead, once withdrawn
 *     title#<titleId>   assets#<publishedAt>#<nnn>  assets: up to 400
 */
export interface TitleStore {
  list(): Promise<TitleRecord[]>;
  /** Titles that are not published are absent. */
  records(titleIds: readonly TitleId[]): Promise<Map<TitleId, TitleRecord>>;
  assets(record: TitleRecord): Promise<TitleAsset[]>;
  /** False when a later publication, or a withdrawal after this one, is there already. */
  put(catalog: TitleCatalog): Promise<boolean>;
  /** False when there is no such title. */
  withdraw(titleId: TitleId, at: EpochMs): Promise<boolean>;
}

/** An item may have 400 KB (DynamoDB service quotas); an asset at its longest has 900 bytes of JSON. */
const ASSETS_PER_ITEM = 400;
const TITLES = 'titles';

export function titleStore(client: DynamoDBDocumentClient, table: string): TitleStore {
  const records = async (titleIds: readonly TitleId[]) => {
    const keys = titleIds.map((titleId) => ({ pk: TITLES, sk: titleId }));
    const items = await batchGet(client, table, { keys });
    const found = items.flatMap((item) => recordOf(item) ?? []);
    return new Map(found.map((record) => [record.titleId, record]));
  };
  const removeAssets = async (titleId: TitleId, isVoid: (sk: string) => boolean) => {
    const items = await queryPartition(client, table, { pk: titlePk(titleId), keysOnly: true });
    await batchWrite(client, table, { deletes: items.filter((item) => isVoid(item.sk)) });
  };
  return {
    records,
    async list() {
      const items = await queryPartition(client, table, { pk: TITLES });
      return items.flatMap((item) => recordOf(item) ?? []);
    },
    async assets({ titleId, publishedAt, assetCount }) {
      const prefix = assetsPrefix(publishedAt);
      const items = await queryPartition(client, table, { pk: titlePk(titleId), prefix });
      const assets = items.flatMap((item) => JSON.parse(item.assets as string) as TitleAsset[]);
      if (assets.length === assetCount) return assets;
      throw new CdnError('title-not-found', `${titleId} was published anew or withdrawn just now`);
    },
    async put(catalog) {
      const { titleId, publishedAt } = catalog;
      const written = assetItems(catalog);
      await batchWrite(client, table, { puts: written });
      const command = new PutCommand({
        TableName: table,
        Item: { pk: TITLES, sk: titleId, publishedAt, record: JSON.stringify(summarize(catalog)) },
        ConditionExpression:
          '(attribute_not_exists(publishedAt) OR publishedAt <= :publishedAt) AND (attribute_not_exists(withdrawnAt) OR withdrawnAt < :publishedAt)',
        ExpressionAttributeValues: { ':publishedAt': publishedAt },
      });
      const isNewest = await isConditionMet(client.send(command));
      const own = new Set(written.map((item) => item.sk));
      const later = assetsPrefix(epochMs(publishedAt + 1));
      await removeAssets(titleId, (sk) => (isNewest ? sk < later && !own.has(sk) : own.has(sk)));
      return isNewest;
    },
    async withdraw(titleId, at) {
      const command = new PutCommand({
        TableName: table,
        Item: { pk: TITLES, sk: titleId, withdrawnAt: at },
        ConditionExpression: 'attribute_exists(publishedAt)',
      });
      const wasThere = await isConditionMet(client.send(command));
      const later = assetsPrefix(epochMs(at + 1));
      if (wasThere) await removeAssets(titleId, (sk) => sk < later);
      return wasThere;
    },
  };
}

const titlePk = (titleId: TitleId) => `title#${titleId}`;
/** Sixteen digits hold every instant up to 2^53. */
const assetsPrefix = (publishedAt: EpochMs) => `assets#${String(publishedAt).padStart(16, '0')}#`;

function recordOf(item: Item): TitleRecord | undefined {
  const record = item.record;
  return typeof record === 'string' ? (JSON.parse(record) as TitleRecord) : undefined;
}

function summarize(catalog: TitleCatalog): TitleRecord {
  const { version, tracks, assets, ...rest } = catalog;
  return {
    ...rest,
    tracks: tracks.flatMap(({ files: [firstFile], ...track }) =>
      firstFile === undefined ? [] : [{ ...track, firstFile }],
    ),
    assetCount: assets.length,
    totalBytes: bytes(assets.reduce((sum, asset) => sum + asset.sizeBytes, 0)),
  };
}

function assetItems({ titleId, publishedAt, tracks, assets }: TitleCatalog): Item[] {
  const trackByFile = new Map(
    tracks.flatMap(({ trackId, files }) => files.map((file) => [file, trackId] as const)),
  );
  const listed = assets.map((asset) => {
    const trackId = trackByFile.get(asset.file);
    return trackId === undefined ? asset : { ...asset, trackId };
  });
  return Array.from({ length: Math.ceil(listed.length / ASSETS_PER_ITEM) }, (_, part) => ({
    pk: titlePk(titleId),
    sk: `${assetsPrefix(publishedAt)}${String(part).padStart(3, '0')}`,
    assets: JSON.stringify(listed.slice(part * ASSETS_PER_ITEM, (part + 1) * ASSETS_PER_ITEM)),
  }));
}
