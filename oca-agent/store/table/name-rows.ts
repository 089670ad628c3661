import type { Slot } from '#domain/eviction/policy.ts';
import type { TitleId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { EpochMs } from '#domain/units.ts';
import type { AssetRows } from './asset-rows.ts';
import { InternedTexts } from './interned-texts.ts';
import { hashText, NameRecords } from './name-records.ts';
import { ANOTHER_ROW, NO_ROW, RowHash } from './row-hash.ts';
import { Rows } from './rows.ts';

/**
 * One row of 5 words (20 bytes) for each name that means a held asset, or that the plan wants:
 *
 *     0  title, by its number                          3  record
 *     1  file, by its number + 1; 0: in the record     4  next name of that asset, by row + 1
 *     2  slot of the asset that it means, + 1
 *
 * Titles name their files alike, so that a look-up seldom needs the record, which lies elsewhere in memory. Where the name
 * stands in the plan is beside the rows, in 4 bytes more as soon as there is a plan.
 *
 * An asset and its name come and go together, so that the asset's slot mostly is the number of the name's row. A look-up
 * bets on that: memory brings both rows at once, which takes a quarter off its time. Where the bet is lost, nothing is.
 */
const WORDS = 5;
const TITLE = 0;
const FILE = 1;
const SLOT = 2;
const RECORD = 3;
const NEXT = 4;

/** Source: FNV-1a's offset basis, draft-eastlake-fnv-21. */
const HASH_SEED = 0x811c9dc5;
const CONTENT_TYPES_MAX = 0x1_0000;
/** Different names of files that are shared; each takes about 100 bytes. Those beyond stand in their records. */
const SHARED_FILES_MAX = 0x1_0000;
const ASCII = /^[\x20-\x7e]*$/;

/** What a name is told with. */
export interface NameText {
  readonly etag: string;
  readonly contentType: string;
  readonly fetchedAt: EpochMs;
}

export class NameRows {
  readonly rows = new Rows(WORDS);
  readonly hash = new RowHash((row) => this.#hashAt(row));
  records = new NameRecords();
  /** In use, and not by a name. */
  recordsApart = 0;
  /** Places in the plan, + 1, by row. */
  #planned = new Uint32Array(0);
  readonly titles = new InternedTexts();
  readonly files: InternedTexts;
  readonly contentTypes = new InternedTexts();
  readonly #assets: AssetRows;
  #words = this.rows.words;

  /** @param sharedFilesMax so many different names of files are shared */
  constructor(assets: AssetRows, sharedFilesMax = SHARED_FILES_MAX) {
    this.#assets = assets;
    this.files = new InternedTexts(sharedFilesMax);
  }

  get sizeBytes(): number {
    return (
      this.rows.sizeBytes +
      this.hash.sizeBytes +
      this.records.sizeBytes +
      this.titles.sizeBytes +
      this.files.sizeBytes +
      this.#planned.byteLength
    );
  }

  /** The row of a name; −1 when nobody speaks of it. */
  find(titleId: TitleId, file: string): number {
    const { hash, titles } = this;
    const nameHash = finished(hashText(file, hashText(titleId, HASH_SEED)));
    for (let bucket = hash.home(nameHash); ; bucket = hash.after(bucket)) {
      const row = hash.rowAt(bucket, nameHash);
      if (row === NO_ROW) return NO_ROW;
      if (row === ANOTHER_ROW) continue;
      this.#assets.fetch(row);
      if (titles.is(this.titleOf(row), titleId) && this.#isFile(row, file)) return row;
    }
  }

  /** A row for a name that has none yet. */
  add(titleId: TitleId, file: string, text: NameText): number {
    invariant(ASCII.test(file), 'a file is named in ASCII');
    const row = this.rows.take();
    this.renewViews();
    this.#set(row, TITLE, this.titles.retain(titleId));
    const number = this.files.put(file);
    if (number >= 0) this.files.reuse(number);
    this.#set(row, FILE, number + 1);
    this.#set(row, RECORD, this.#write(number < 0 ? file : '', text));
    this.hash.add(this.#hashAt(row), row);
    return row;
  }

  /** Puts a name in its row, and says nothing of it to hash and counts. */
  put(row: number, name: NameText & { readonly titleId: TitleId; readonly file: string }): void {
    this.rows.extend(row + 1);
    this.renewViews();
    this.clear(row);
    this.#set(row, TITLE, this.titles.put(name.titleId));
    const number = this.files.put(name.file);
    this.#set(row, FILE, number + 1);
    const file = number < 0 ? name.file : '';
    const contentType = this.contentTypes.put(name.contentType);
    this.#set(row, RECORD, this.records.write({ ...name, file, contentType }));
  }
  clear(row: number): void {
    this.#words.fill(0, row * WORDS, (row + 1) * WORDS);
  }
  /** The row was put in its place, and nothing in it leads astray. */
  isSound(row: number): boolean {
    const record = this.recordOf(row);
    return (
      this.records.isWhole(record) &&
      this.titles.has(this.titleOf(row)) &&
      (this.#fileOf(row) < 0 || this.files.has(this.#fileOf(row))) &&
      this.contentTypes.has(this.records.contentType(record))
    );
  }
  /** Tells the hash of a name that was put in its place, unless it has another row. True: it had none. */
  hashIn(row: number): boolean {
    const hash = this.#hashAt(row);
    if (this.#hasTwin(hash, row)) return false;
    this.hash.add(hash, row);
    return true;
  }
  /** Says that nothing is used. Then say `countIn` of every name. */
  clearUses(): void {
    this.titles.clearUses();
    this.files.clearUses();
    this.contentTypes.clearUses();
    this.records.liveBytes = 0;
  }
  /** Counts what the name uses. */
  countIn(row: number): void {
    const record = this.recordOf(row);
    this.titles.reuse(this.titleOf(row));
    if (this.#fileOf(row) >= 0) this.files.reuse(this.#fileOf(row));
    this.contentTypes.reuse(this.records.contentType(record));
    this.records.countLive(record);
  }
  /** There is a name in the row, although it may mean nothing. */
  isNamed(row: number): boolean {
    return this.#word(row, RECORD) !== 0;
  }

  releaseIfIdle(row: number): void {
    if (this.isInUse(row)) return;
    this.hash.remove(this.#hashAt(row), row);
    this.titles.release(this.titleOf(row));
    if (this.#fileOf(row) >= 0) this.files.release(this.#fileOf(row));
    this.#free(this.recordOf(row));
    this.rows.release(row);
  }

  renewViews(): void {
    this.#words = this.rows.words;
  }

  /** Copies the records that are in use, so that none of their room is wasted. No plan may be in force. */
  compact(): void {
    const compacted = new NameRecords();
    for (let row = 0; row < this.rows.count; row += 1)
      if (this.isInUse(row))
        this.#set(row, RECORD, compacted.copy(this.records, this.recordOf(row)));
    this.records = compacted;
  }

  /** A record beside those of names: what the plan says otherwise than the name is told with. */
  writeApart(text: NameText): number {
    this.recordsApart += 1;
    return this.#write('', text);
  }
  freeApart(record: number): void {
    this.recordsApart -= 1;
    this.#free(record);
  }
  #write(file: string, { etag, contentType, fetchedAt }: NameText): number {
    const number = this.contentTypes.retain(contentType);
    invariant(number < CONTENT_TYPES_MAX, 'there are fewer than 65,536 content types');
    return this.records.write({ file, etag, contentType: number, fetchedAt });
  }
  #free(record: number): void {
    this.contentTypes.release(this.records.contentType(record));
    this.records.free(record);
  }
  textOf(record: number): NameText {
    return {
      etag: this.records.etag(record),
      contentType: this.contentTypes.text(this.records.contentType(record)),
      fetchedAt: this.records.fetchedAt(record),
    };
  }
  rewrite(row: number, text: NameText): void {
    const before = this.recordOf(row);
    this.#set(row, RECORD, this.#write(this.records.file(before), text));
    this.#free(before);
  }

  titleId(row: number): TitleId {
    return this.titles.text(this.titleOf(row)) as TitleId;
  }
  file(row: number): string {
    const number = this.#fileOf(row);
    return number < 0 ? this.records.file(this.recordOf(row)) : this.files.text(number);
  }
  titleOf(row: number): number {
    return this.#word(row, TITLE);
  }
  recordOf(row: number): number {
    return this.#word(row, RECORD);
  }
  isInUse(row: number): boolean {
    return this.#word(row, SLOT) !== 0 || this.plannedAt(row) >= 0;
  }
  /** The asset that the name means; −1: none that is held. */
  slotOf(row: number): Slot {
    return this.#word(row, SLOT) - 1;
  }
  setSlot(row: number, slot: Slot): void {
    this.#set(row, SLOT, slot + 1);
  }
  /** The next name of the same asset; −1 behind the last. */
  nextOf(row: number): number {
    return this.#word(row, NEXT) - 1;
  }
  setNext(row: number, next: number): void {
    this.#set(row, NEXT, next + 1);
  }
  /** Where the name stands in the plan; −1 when it does not. */
  plannedAt(row: number): number {
    return (this.#planned[row] ?? 0) - 1;
  }
  setPlanned(row: number, position: number): void {
    if (row >= this.#planned.length) {
      if (position < 0) return;
      const longer = new Uint32Array(this.rows.capacity);
      longer.set(this.#planned);
      this.#planned = longer;
    }
    this.#planned[row] = position + 1;
  }

  #hasTwin(nameHash: number, row: number): boolean {
    const { hash } = this;
    for (let bucket = hash.home(nameHash); ; bucket = hash.after(bucket)) {
      const other = hash.rowAt(bucket, nameHash);
      if (other === NO_ROW) return false;
      if (other === ANOTHER_ROW) continue;
      if (this.titleOf(other) !== this.titleOf(row)) continue;
      if (this.#isFile(other, this.file(row))) return true;
    }
  }
  /** The number of a file that is shared; −1: it stands in the record. */
  #fileOf(row: number): number {
    return this.#word(row, FILE) - 1;
  }
  #isFile(row: number, file: string): boolean {
    const number = this.#fileOf(row);
    return number < 0 ? this.records.isFile(this.recordOf(row), file) : this.files.is(number, file);
  }
  #word(row: number, word: number): number {
    return this.#words[row * WORDS + word] as number;
  }
  #set(row: number, word: number, value: number): void {
    this.#words[row * WORDS + word] = value;
  }
  #hashAt(row: number): number {
    const seed = hashText(this.titleId(row), HASH_SEED);
    return finished(hashText(this.file(row), seed));
  }
}

/** Spreads what the last letters changed over all bits. Source: MurmurHash3's finalizer (A. Appleby). */
function finished(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
