import { createHash } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import type { AssetId, OcaId, TitleId } from '#domain/ids.ts';
import type { Bytes, EpochMs } from '#domain/units.ts';
import { batchGet, batchWrite, type Item, queryPartition } from './tables.ts';

/** What one OCA holds of one title. */
export interface Holding {
  readonly ocaId: OcaId;
  readonly titleId: TitleId;
  readonly heldBytes: Bytes;
  holds(assetId: AssetId): boolean;
}

/** One title of an inventory. Its size is asked for only if the set of assets, or the title, changed. */
export interface TitleHeld {
  readonly titleId: TitleId;
  readonly assetIds: readonly AssetId[];
  /** When the title was published, as far as is known: a new publication is measured anew. */
  readonly publishedAt: EpochMs | undefined;
  readonly heldBytes: () => Promise<Bytes>;
}

/**
 * Inventories, a title each, in the health table:
 *
 *     pk            sk                attributes
 *     oca#<ocaId>   title#<titleId>   assets: the first eight bytes of each asset id, sorted; heldBytes; setDigest
 *
 * Eight bytes tell the assets of one title apart, and a wrong answer costs one fill source that says 404.
 */
export interface HoldingsStore {
  /** Replaces an OCA's inventory; titles that did not change are not written. */
  replace(ocaId: OcaId, titles: readonly TitleHeld[]): Promise<void>;
  /** Pairs that hold nothing are absent. */
  holdings(keys: readonly HoldingKey[]): Promise<Map<HoldingKey, Holding>>;
}

/** An OCA and a title; neither name can hold a slash. */
export type HoldingKey = `${string}/${string}`;

const PREFIX_BYTES = 8;
/** An item may have 400 KB. Source: DynamoDB service quotas. */
const ASSETS_PER_TITLE_MAX = 48_000;

export const holdingKey = (ocaId: OcaId, titleId: TitleId): HoldingKey => `${ocaId}/${titleId}`;

export function holdingsStore(client: DynamoDBDocumentClient, table: string): HoldingsStore {
  return {
    async replace(ocaId, titles) {
      const present = await queryPartition(client, table, { pk: ocaPk(ocaId), prefix: 'title#' });
      const setDigestBySk = new Map(present.map((item) => [item.sk, item.setDigest]));
      const wanted = titles.map((title) => ({ title, ...packed(title) }));
      const wantedSks = new Set(titles.map((title) => titleSk(title.titleId)));
      const changed = wanted.filter(
        ({ title, setDigest }) => setDigestBySk.get(titleSk(title.titleId)) !== setDigest,
      );
      await batchWrite(client, table, {
        puts: await Promise.all(
          changed.map(async ({ title, assets, setDigest }) => ({
            ...{ pk: ocaPk(ocaId), sk: titleSk(title.titleId), assets, setDigest },
            heldBytes: await title.heldBytes(),
          })),
        ),
        deletes: present.filter((item) => !wantedSks.has(item.sk)),
      });
    },
    async holdings(holdingKeys) {
      const keys = holdingKeys.map((key) => {
        const [ocaId, titleId] = key.split('/');
        return { pk: `oca#${ocaId}`, sk: `title#${titleId}` };
      });
      const items = await batchGet(client, table, { keys });
      return new Map(
        items.map(holdingOf).map((held) => [holdingKey(held.ocaId, held.titleId), held]),
      );
    },
  };
}

const ocaPk = (ocaId: OcaId) => `oca#${ocaId}`;
const titleSk = (titleId: TitleId) => `title#${titleId}`;

function packed({ titleId, assetIds, publishedAt }: TitleHeld) {
  if (assetIds.length > ASSETS_PER_TITLE_MAX) {
    throw new CdnError(
      'message-too-large',
      `expected at most ${ASSETS_PER_TITLE_MAX} assets of a title, received ${assetIds.length} of ${titleId}`,
    );
  }
  const prefixes = assetIds.map((assetId) => assetId.slice(0, 2 * PREFIX_BYTES)).toSorted();
  const assets = Buffer.from(prefixes.join(''), 'hex');
  const setDigest = createHash('sha256').update(`${publishedAt}/`).update(assets).digest('hex');
  return { assets, setDigest };
}

function holdingOf(item: Item): Holding {
  const held = Buffer.from(item.assets as Uint8Array);
  return {
    ocaId: item.pk.slice('oca#'.length) as OcaId,
    titleId: item.sk.slice('title#'.length) as TitleId,
    heldBytes: item.heldBytes as Bytes,
    holds: (assetId) =>
      includesPrefix(held, Buffer.from(assetId.slice(0, 2 * PREFIX_BYTES), 'hex')),
  };
}

/** Binary search in sorted, packed prefixes. */
function includesPrefix(held: Buffer, wanted: Buffer): boolean {
  let low = 0;
  let high = held.length / PREFIX_BYTES;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = middle * PREFIX_BYTES;
    const order = held.compare(wanted, 0, PREFIX_BYTES, at, at + PREFIX_BYTES);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}
