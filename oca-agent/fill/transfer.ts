import type { Clock } from '#domain/clock.ts';
import { errorCodeOf } from '#domain/errors.ts';
import { milliseconds, seconds } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import type { FillSource } from '#protocol/fill-sources.ts';
import type { AssetStore } from '../store/asset-store.ts';
import type { AssetWriter } from '../store/asset-writer.ts';
import { type FillJob, namesOf } from './fill-batches.ts';
import { type ReceiveOptions, type Reception, receive } from './receive.ts';

export interface TransferOptions extends ReceiveOptions {
  readonly store: AssetStore;
  readonly clock: Clock;
}

/** Each source may be asked twice: the second time for what is still missing. */
const ROUNDS = 2;
const DISK_TROUBLES_MAX = 3;
/** How often a source that is expected to hold the asset soon is asked again. Assumption. */
const NOT_YET_PAUSE = milliseconds(500);

/**
 * Fetches one asset from ranked sources until its SHA-256 is right. A transfer that breaks off goes on from the next
 * source where it stopped; bytes that turn out wrong are thrown away, and a source that alone sent them is blamed.
 */
export class Transfer {
  readonly #job: FillJob;
  readonly #token: string;
  readonly #options: TransferOptions;
  readonly #queue: FillSource[];
  readonly #refused = new Set<string>();
  /** Whose bytes the writer holds. */
  readonly #senders = new Set<string>();
  #writer: AssetWriter | undefined;
  #diskTroubles = 0;

  constructor(
    job: FillJob,
    ranked: { readonly sources: readonly FillSource[]; readonly token: string },
    options: TransferOptions,
  ) {
    this.#job = job;
    this.#token = ranked.token;
    this.#options = options;
    this.#queue = Array.from({ length: ROUNDS }, () => ranked.sources).flat();
  }

  /** True when the asset is held. False when no source could, or no disk had room. */
  async run(): Promise<boolean> {
    const { store, log } = this.#options;
    const { item } = this.#job;
    for (let source = this.#next(); source; source = this.#next()) {
      this.#writer ??= await beginWriter(store, item);
      if (!this.#writer) {
        log('fill.asset.without-room', { file: item.file, sizeBytes: item.sizeBytes });
        return false;
      }
      const receivedBefore = this.#writer.receivedBytes;
      const from = { source, token: this.#token };
      const reception = await receive(this.#writer, item, from, this.#options);
      if (this.#writer.receivedBytes > receivedBefore) this.#senders.add(source.sourceId);
      if (reception === 'complete' && (await this.#publish(source))) return true;
      if (reception !== 'complete') await this.#goOn(reception, source);
    }
    await this.#startOver();
    return false;
  }

  #next(): FillSource | undefined {
    const { ledger, signal } = this.#options;
    while (!signal.aborted) {
      const source = this.#queue.shift();
      if (!source) return undefined;
      if (!this.#refused.has(source.sourceId) && !ledger.isBanned(source.sourceId)) return source;
    }
    return undefined;
  }

  async #goOn(reception: Reception, source: FillSource): Promise<void> {
    if (reception === 'refused') this.#refused.add(source.sourceId);
    if (reception === 'not-yet') await this.#waitFor(source);
    if (reception === 'restart') this.#queue.unshift(source);
    if (reception === 'disk-trouble') this.#retryOnAnotherDisk(source);
    if (reception === 'restart' || reception === 'disk-trouble') await this.#startOver();
  }

  /** Asks it again in a moment, or leaves it when it has shown nothing for as long as it was worth. */
  async #waitFor(source: FillSource): Promise<void> {
    const { ledger, clock, signal } = this.#options;
    const wait = seconds(source.waitSeconds ?? 0);
    if (ledger.isWorthWaiting(source.sourceId, wait, clock.now())) {
      await clock.sleep(NOT_YET_PAUSE, signal);
      this.#queue.unshift(source);
    } else this.#refused.add(source.sourceId);
  }

  async #publish(source: FillSource): Promise<boolean> {
    const { store, clock, log } = this.#options;
    const writer = this.#writer;
    const { item, items } = this.#job;
    const facts = { file: item.file, assetId: item.assetId, sourceId: source.sourceId };
    if (!writer) return false;
    try {
      writer.verify(item.assetId);
    } catch (error) {
      log('fill.asset.refused', { ...facts, code: errorCodeOf(error) });
      await this.#blame(source);
      return false;
    }
    try {
      this.#writer = undefined;
      const names = namesOf(items, clock.now());
      const { tier } = await store.publish(writer, item.assetId, names);
      log('fill.asset.verified', { ...facts, sizeBytes: item.sizeBytes, tier });
      return true;
    } catch (error) {
      log('fill.asset.unwritten', { ...facts, code: errorCodeOf(error) });
      this.#retryOnAnotherDisk(source);
      return false;
    }
  }

  /** Wrong bytes: whoever sent them alone is struck; of several nobody knows who, so the last one is asked for all. */
  async #blame(source: FillSource): Promise<void> {
    if (this.#senders.size > 1) this.#queue.unshift(source);
    else {
      this.#options.ledger.strike(source.sourceId);
      this.#refused.add(source.sourceId);
    }
    await this.#startOver();
  }

  #retryOnAnotherDisk(source: FillSource): void {
    this.#diskTroubles += 1;
    if (this.#diskTroubles <= DISK_TROUBLES_MAX) this.#queue.unshift(source);
  }

  async #startOver(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    this.#senders.clear();
    if (writer) await this.#options.store.abandon(writer);
  }
}

/** On the planned tier if it has room or can make some, else on the other. */
function beginWriter(store: AssetStore, item: FillPlanItem): Promise<AssetWriter | undefined> {
  const tiers: Tier[] = item.tier === 'flash' ? ['flash', 'hdd'] : ['hdd', 'flash'];
  return store.begin({ sizeBytes: item.sizeBytes, tiers, mayEvict: true });
}
