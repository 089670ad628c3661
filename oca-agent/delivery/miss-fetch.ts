import type { Clock } from '#domain/clock.ts';
import { contentTypeOf } from '#domain/delivery/content-type.ts';
import { CdnError } from '#domain/errors.ts';
import { type AssetId, isAssetId, type TitleId } from '#domain/ids.ts';
import { type Bytes, bytes, elapsed, seconds } from '#domain/units.ts';
import { SHA256_METADATA } from '#protocol/title-catalog.ts';
import { failureFacts, type Log } from '../log.ts';
import type { ClientResponse, HttpClient } from '../platform/http-client.ts';
import type { AssetStore } from '../store/asset-store.ts';
import type { AssetWriter } from '../store/asset-writer.ts';
import type { Refusal, Representation } from './delivery-headers.ts';
import type { DeliveryMeter } from './delivery-meter.ts';
import type { ByteSource } from './send-span.ts';
import { upstreamRefusal } from './upstream.ts';

/** An upstream that is silent for so long has failed; players give up a little later. Assumption. */
export const UPSTREAM_SILENCE_MAX = seconds(10);
const ETAG = /^"[\x21\x23-\x7e]*"$/;

export interface Wanted {
  readonly titleId: TitleId;
  readonly file: string;
  /** Where the upstream has it: with the viewer's own token in the path. */
  readonly url: string;
}

/** How a miss fetch began. Whoever is told `growing` must release the source. `unstorable`: no disk has room, or the upstream did not say how long the file is. */
export type FetchBeginning =
  | {
      kind: 'growing';
      representation: Representation;
      upstreamCacheStatus: string | undefined;
      source: GrowingAsset;
    }
  | { kind: 'refused'; refusal: Refusal }
  | { kind: 'unstorable' };

/** One miss fetch a file, however many clients wait for it. It goes on when they leave. */
export class MissFetches {
  readonly #running = new Map<string, RunningFetch>();
  readonly #store: AssetStore;
  readonly #httpClient: HttpClient;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #meter: DeliveryMeter;

  constructor(options: {
    readonly store: AssetStore;
    readonly httpClient: HttpClient;
    readonly clock: Clock;
    readonly log: Log;
    readonly meter: DeliveryMeter;
  }) {
    this.#store = options.store;
    this.#httpClient = options.httpClient;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#meter = options.meter;
  }

  /** Joins the fetch of a file that is under way, or begins one. */
  join(wanted: Wanted): { beginning: Promise<FetchBeginning>; isCollapsed: boolean } {
    const key = `${wanted.titleId}/${wanted.file}`;
    const running = this.#running.get(key);
    if (running && !running.hasFailed) return { beginning: running.join(), isCollapsed: true };
    const fetch = new RunningFetch();
    this.#running.set(key, fetch);
    void this.#fetch(wanted, fetch).finally(() => {
      if (this.#running.get(key) === fetch) this.#running.delete(key);
    });
    return { beginning: fetch.join(), isCollapsed: false };
  }

  /** Begins, tells how, and then takes in the body. Never rejects. */
  async #fetch(wanted: Wanted, fetch: RunningFetch): Promise<void> {
    const facts = { titleId: wanted.titleId, file: wanted.file };
    const sentAt = this.#clock.now();
    try {
      const response = await this.#httpClient.send({
        method: 'GET',
        url: wanted.url,
        silenceMax: UPSTREAM_SILENCE_MAX,
      });
      this.#meter.countFirstByte(elapsed(sentAt, this.#clock.now()));
      if (response.status !== 200)
        return fetch.tell({ kind: 'refused', refusal: await upstreamRefusal(response) });
      const representation = representationOf(wanted, response);
      const writer = representation && (await this.#beginWriter(bytes(representation.sizeBytes)));
      if (!representation || !writer) {
        response.discard();
        return fetch.tell({ kind: 'unstorable' });
      }
      const source = new GrowingAsset(writer);
      const upstreamCacheStatus = response.headers['cache-status'];
      fetch.tell({ kind: 'growing', representation, upstreamCacheStatus, source });
      await this.#takeIn(wanted, response, representation, source);
    } catch (error) {
      const { code, message } = failureFacts(error);
      this.#log('miss.fetch.failed', { ...facts, code, message });
      fetch.tell({ kind: 'refused', refusal: { code, detail: message } });
    }
  }

  async #beginWriter(sizeBytes: Bytes): Promise<AssetWriter | undefined> {
    const tiers = ['flash', 'hdd'] as const;
    const intoRoom = await this.#store.begin({ sizeBytes, tiers, mayEvict: false });
    return intoRoom ?? this.#store.begin({ sizeBytes, tiers, mayEvict: true });
  }

  async #takeIn(
    wanted: Wanted,
    response: ClientResponse,
    { sizeBytes, etag, contentType }: Representation,
    source: GrowingAsset,
  ): Promise<void> {
    const { writer } = source;
    const expected = response.headers[`x-amz-meta-${SHA256_METADATA}`];
    let assetId: AssetId;
    try {
      for await (const chunk of response.body) await source.append(chunk);
      assetId = source.verify(expected !== undefined && isAssetId(expected) ? expected : undefined);
    } catch (error) {
      response.discard();
      source.fail(error);
      await this.#store.abandon(writer);
      throw error;
    }
    const { titleId, file } = wanted;
    const name = { titleId, file, etag, contentType, fetchedAt: this.#clock.now() };
    const { tier } = await this.#store.publish(writer, assetId, [name]);
    this.#log('miss.fetch.stored', { titleId, file, assetId, sizeBytes, tier });
  }
}

/** Keeps the growing file open for everybody who joined, from the moment of joining. */
class RunningFetch {
  readonly #beginning = Promise.withResolvers<FetchBeginning>();
  #joined = 0;
  #source: GrowingAsset | undefined;

  /** It has broken off, and is only being cleared away. */
  get hasFailed(): boolean {
    return this.#source?.hasFailed ?? false;
  }

  join(): Promise<FetchBeginning> {
    this.#joined += 1;
    this.#source?.writer.retain();
    return this.#beginning.promise;
  }

  tell(beginning: FetchBeginning): void {
    if (beginning.kind === 'growing' && !this.#source) {
      this.#source = beginning.source;
      for (let client = 0; client < this.#joined; client += 1) this.#source.writer.retain();
    }
    this.#beginning.resolve(beginning);
  }
}

/** Undefined when the upstream did not tell what a cache must know. */
function representationOf(wanted: Wanted, response: ClientResponse): Representation | undefined {
  const { etag, 'content-length': length, 'content-type': type } = response.headers;
  if (length === undefined || !/^\d{1,15}$/.test(length)) return undefined;
  if (etag === undefined || !ETAG.test(etag)) return undefined;
  const contentType = type ?? contentTypeOf(wanted.file);
  return { file: wanted.file, sizeBytes: Number(length), etag, contentType };
}

/**
 * A file that clients read while it grows. Its last bytes are shown only after all of them have been verified: nobody
 * ever receives a whole file that is wrong.
 */
export class GrowingAsset implements ByteSource {
  readonly writer: AssetWriter;
  #visibleBytes = 0;
  #failure: unknown;
  #progress = Promise.withResolvers<void>();

  constructor(writer: AssetWriter) {
    this.writer = writer;
  }

  get visibleBytes(): number {
    return this.#visibleBytes;
  }
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.writer.append(chunk);
    if (!this.writer.isComplete) this.#show(this.writer.receivedBytes);
  }
  verify(expected: AssetId | undefined): AssetId {
    const assetId = this.writer.verify(expected);
    this.#show(this.writer.sizeBytes);
    return assetId;
  }
  fail(failure: unknown): void {
    this.#failure = failure ?? new CdnError('internal', 'the fetch failed');
    this.#show(this.#visibleBytes);
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    while (position >= this.#visibleBytes) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#progress.promise;
    }
    const readableBytes = Math.min(buffer.length, this.#visibleBytes - position);
    return this.writer.read(buffer.subarray(0, readableBytes), position);
  }

  #show(visibleBytes: number): void {
    this.#visibleBytes = visibleBytes;
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }
}
