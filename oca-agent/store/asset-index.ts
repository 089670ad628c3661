import { createHash } from 'node:crypto';
import type { AssetId, DiskId, TitleId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import { type DatabaseSync, inTransaction, type StatementSync } from '../platform/database.ts';
import type { AssetName, HeldAsset, NamedAsset } from './asset.ts';
import { heatAfterUse, heatOfFirstUse } from './heat.ts';

/**
 * What the disks hold, under which names, and what the plan in force wants: all that is asked for on every request.
 * It is a cache of the disks and of the plan: losing it costs a rebuild, never an asset.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS asset (
    assetId TEXT PRIMARY KEY, diskId TEXT NOT NULL, tier TEXT NOT NULL, sizeBytes INTEGER NOT NULL,
    heat REAL NOT NULL, isPinned INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS assetByHeat ON asset (diskId, isPinned, heat);
  CREATE TABLE IF NOT EXISTS name (
    titleId TEXT NOT NULL, file TEXT NOT NULL, assetId TEXT NOT NULL, etag TEXT NOT NULL,
    contentType TEXT NOT NULL, fetchedAt INTEGER NOT NULL, PRIMARY KEY (titleId, file)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS nameByAsset ON name (assetId);
  CREATE TABLE IF NOT EXISTS planned (
    titleId TEXT NOT NULL, file TEXT NOT NULL, assetId TEXT NOT NULL, etag TEXT NOT NULL,
    contentType TEXT NOT NULL, sizeBytes INTEGER NOT NULL, tier TEXT NOT NULL,
    priority INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (titleId, file)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS plannedByAsset ON planned (assetId);
`;

const QUERIES = {
  find: `SELECT asset.assetId, diskId, asset.tier, asset.sizeBytes, name.titleId, name.file, name.etag,
           name.contentType, fetchedAt, planned.assetId IS asset.assetId AS isPlanned
         FROM name JOIN asset USING (assetId) LEFT JOIN planned USING (titleId, file)
         WHERE name.titleId = ? AND name.file = ?`,
  asset: 'SELECT assetId, diskId, tier, sizeBytes FROM asset WHERE assetId = ?',
  assets: 'SELECT assetId, diskId, tier, sizeBytes FROM asset ORDER BY assetId',
  assetsOfDisk: 'SELECT assetId, diskId, tier, sizeBytes FROM asset WHERE diskId = ?',
  assetsOfTitle: `SELECT DISTINCT asset.assetId, diskId, tier, sizeBytes FROM name JOIN asset USING (assetId)
                  WHERE titleId = ?`,
  names: 'SELECT titleId, file, etag, contentType, fetchedAt FROM name WHERE assetId = ?',
  holderOfName: 'SELECT assetId, fetchedAt FROM name WHERE titleId = ? AND file = ?',
  addAsset: `INSERT INTO asset (assetId, diskId, tier, sizeBytes, heat, isPinned)
             VALUES (:assetId, :diskId, :tier, :sizeBytes, :heat,
               EXISTS (SELECT 1 FROM planned WHERE planned.assetId = :assetId))`,
  addName: `INSERT OR REPLACE INTO name (titleId, file, assetId, etag, contentType, fetchedAt)
            VALUES (:titleId, :file, :assetId, :etag, :contentType, :fetchedAt)`,
  removeAsset: 'DELETE FROM asset WHERE assetId = ?',
  removeName: 'DELETE FROM name WHERE titleId = ? AND file = ?',
  removeNames: 'DELETE FROM name WHERE assetId = ?',
  isPinned: 'SELECT isPinned FROM asset WHERE assetId = ?',
  heat: 'SELECT heat FROM asset WHERE assetId = ?',
  setHeat: 'UPDATE asset SET heat = ? WHERE assetId = ?',
  coldest: `SELECT assetId, diskId, tier, sizeBytes FROM asset WHERE diskId = ? AND isPinned = 0 ORDER BY heat`,
  usage: `SELECT diskId, COUNT(*) AS assetCount, SUM(sizeBytes) AS usedBytes,
            COALESCE(SUM(sizeBytes) FILTER (WHERE isPinned = 0), 0) AS evictableBytes
          FROM asset GROUP BY diskId`,
  assetsByTitle: 'SELECT DISTINCT titleId, assetId FROM name ORDER BY titleId, assetId',
  clearPlan: 'DELETE FROM planned',
  addPlanned: `INSERT OR REPLACE INTO planned
                 (titleId, file, assetId, etag, contentType, sizeBytes, tier, priority, position)
               VALUES (:titleId, :file, :assetId, :etag, :contentType, :sizeBytes, :tier, :priority, :position)`,
  pinPlanned:
    'UPDATE asset SET isPinned = EXISTS (SELECT 1 FROM planned WHERE planned.assetId = asset.assetId)',
  superseded: `SELECT name.titleId, name.file FROM name JOIN planned USING (titleId, file)
               WHERE name.assetId <> planned.assetId`,
  missing: `SELECT planned.titleId, planned.file, planned.assetId, planned.etag, planned.contentType,
              planned.sizeBytes, planned.tier, priority
            FROM planned LEFT JOIN name USING (titleId, file)
            WHERE name.assetId IS NOT planned.assetId ORDER BY priority DESC, position`,
  progress: `SELECT COUNT(*) AS assetsTotal, COALESCE(SUM(planned.sizeBytes), 0) AS bytesTotal,
               COUNT(name.assetId) AS assetsDone,
               COALESCE(SUM(planned.sizeBytes) FILTER (WHERE name.assetId IS NOT NULL), 0) AS bytesDone
             FROM planned LEFT JOIN name USING (titleId, file, assetId)`,
} as const;

/** Uses are noted in memory and written in one go. Source: sqlite updates cost 40 µs each, research "performance" §5. */
const UNWRITTEN_USES_MAX = 4096;

export interface DiskUsage {
  readonly assetCount: number;
  readonly usedBytes: number;
  /** Held, but not planned. */
  readonly evictableBytes: number;
}

export interface PlanProgress {
  readonly assetsTotal: number;
  readonly bytesTotal: number;
  readonly assetsDone: number;
  readonly bytesDone: number;
}

export class AssetIndex {
  /** Moves with every change of what is held or planned. */
  revision = 0;
  readonly #database: DatabaseSync;
  readonly #query: Record<keyof typeof QUERIES, StatementSync>;
  #usageByDisk = new Map<DiskId, DiskUsage>();
  #unwrittenUses: { readonly assetId: AssetId; readonly usedAt: EpochMs }[] = [];

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(SCHEMA);
    const prepared = Object.entries(QUERIES).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#query = Object.fromEntries(prepared);
    this.#countUsage();
  }

  find(titleId: TitleId, file: string): NamedAsset | undefined {
    const row = this.#query.find.get(titleId, file);
    return row && ({ ...row, isPlanned: row.isPlanned === 1 } as unknown as NamedAsset);
  }
  asset(assetId: AssetId): HeldAsset | undefined {
    return this.#query.asset.get(assetId) as HeldAsset | undefined;
  }
  assets(): HeldAsset[] {
    return this.#query.assets.all() as unknown as HeldAsset[];
  }
  assetsOfDisk(diskId: DiskId): HeldAsset[] {
    return this.#query.assetsOfDisk.all(diskId) as unknown as HeldAsset[];
  }
  assetsOfTitle(titleId: TitleId): HeldAsset[] {
    return this.#query.assetsOfTitle.all(titleId) as unknown as HeldAsset[];
  }
  namesOf(assetId: AssetId): AssetName[] {
    return this.#query.names.all(assetId) as unknown as AssetName[];
  }
  isPinned(assetId: AssetId): boolean {
    return this.#query.isPinned.get(assetId)?.isPinned === 1;
  }
  /** Counted along, not summed up: it is asked for before every transfer. */
  usageOfDisk(diskId: DiskId): DiskUsage {
    return this.#usageByDisk.get(diskId) ?? NO_USAGE;
  }

  add({ assetId, diskId, tier, sizeBytes }: HeldAsset, now: EpochMs): void {
    const heat = heatOfFirstUse(now);
    this.#query.addAsset.run({ assetId, diskId, tier, sizeBytes, heat });
    this.#count({ assetId, diskId, sizeBytes }, 1);
    this.revision += 1;
  }

  remove(assetId: AssetId): void {
    const asset = this.asset(assetId);
    if (!asset) return;
    this.#count(asset, -1);
    inTransaction(this.#database, () => {
      this.#query.removeNames.run(assetId);
      this.#query.removeAsset.run(assetId);
    });
    this.revision += 1;
  }

  /** Lets a name mean an asset; returns the asset that it meant before, if that was another. */
  bind(assetId: AssetId, name: AssetName): AssetId | undefined {
    const before = this.#query.holderOfName.get(name.titleId, name.file);
    this.#query.addName.run({ ...name, assetId });
    this.revision += 1;
    return before && before.assetId !== assetId ? (before.assetId as AssetId) : undefined;
  }

  /** When an upstream last confirmed the name, whatever it means. */
  fetchedAt(titleId: TitleId, file: string): EpochMs | undefined {
    return this.#query.holderOfName.get(titleId, file)?.fetchedAt as EpochMs | undefined;
  }

  touch(assetId: AssetId, usedAt: EpochMs): void {
    this.#unwrittenUses.push({ assetId, usedAt });
    if (this.#unwrittenUses.length >= UNWRITTEN_USES_MAX) this.writeUses();
  }

  writeUses(): void {
    const uses = this.#unwrittenUses;
    this.#unwrittenUses = [];
    inTransaction(this.#database, () => {
      for (const { assetId, usedAt } of uses) {
        const heat = this.#query.heat.get(assetId)?.heat;
        if (typeof heat === 'number') this.#query.setHeat.run(heatAfterUse(heat, usedAt), assetId);
      }
    });
  }

  /** The assets of a disk that are not planned, coldest first. */
  coldest(diskId: DiskId): Iterable<HeldAsset> {
    this.writeUses();
    return this.#query.coldest.iterate(diskId) as unknown as Iterable<HeldAsset>;
  }

  /** Puts a plan in force; returns the names that it gives to other assets than are held under them. */
  setPlan(items: readonly FillPlanItem[]): { titleId: TitleId; file: string }[] {
    inTransaction(this.#database, () => {
      this.#query.clearPlan.run();
      items.forEach((item, position) => {
        this.#query.addPlanned.run({ ...item, position });
      });
      this.#query.pinPlanned.run();
    });
    this.#countUsage();
    this.revision += 1;
    return this.#query.superseded.all() as unknown as { titleId: TitleId; file: string }[];
  }

  /** Takes a name away; returns the asset that it meant. */
  unbind(titleId: TitleId, file: string): AssetId | undefined {
    const before = this.#query.holderOfName.get(titleId, file)?.assetId;
    this.#query.removeName.run(titleId, file);
    this.revision += 1;
    return before as AssetId | undefined;
  }

  /** What the plan wants and the disks do not hold under its name, most wanted first. */
  missing(): FillPlanItem[] {
    return this.#query.missing.all() as unknown as FillPlanItem[];
  }
  planProgress(): PlanProgress {
    return this.#query.progress.get() as unknown as PlanProgress;
  }

  assetIdsByTitle(): Map<TitleId, AssetId[]> {
    const assetIdsByTitle = new Map<TitleId, AssetId[]>();
    for (const row of this.#query.assetsByTitle.iterate()) {
      const { titleId, assetId } = row as { titleId: TitleId; assetId: AssetId };
      const known = assetIdsByTitle.get(titleId);
      if (known) known.push(assetId);
      else assetIdsByTitle.set(titleId, [assetId]);
    }
    return assetIdsByTitle;
  }

  /** SHA-256 over the sorted asset ids, each followed by a newline. Source: protocol/oca-inventory.ts. */
  digest(): string {
    const hash = createHash('sha256');
    for (const row of this.#query.assets.iterate()) hash.update(`${row.assetId}\n`);
    return hash.digest('hex');
  }

  close(): void {
    this.writeUses();
    this.#database.close();
  }

  #countUsage(): void {
    const rows = this.#query.usage.all() as unknown as (DiskUsage & { diskId: DiskId })[];
    this.#usageByDisk = new Map(rows.map((row) => [row.diskId, row]));
  }

  #count(asset: Pick<HeldAsset, 'assetId' | 'diskId' | 'sizeBytes'>, sign: 1 | -1): void {
    const usage = this.usageOfDisk(asset.diskId);
    const bytes = sign * asset.sizeBytes;
    this.#usageByDisk.set(asset.diskId, {
      assetCount: usage.assetCount + sign,
      usedBytes: usage.usedBytes + bytes,
      evictableBytes: usage.evictableBytes + (this.isPinned(asset.assetId) ? 0 : bytes),
    });
  }
}

const NO_USAGE: DiskUsage = { assetCount: 0, usedBytes: 0, evictableBytes: 0 };
