import type { Clock } from '#domain/clock.ts';
import { contentTypeOf } from '#domain/delivery/content-type.ts';
import { endToEnd, fieldLines } from '#domain/http-cache/field-lines.ts';
import { isOriginsAnswer } from '#domain/http-cache/storability.ts';
import type { TitleId } from '#domain/ids.ts';
import { type Bytes, bytes, elapsed } from '#domain/units.ts';
import { failureFacts, type Log } from '../log.ts';
import type { ClientResponse, HttpClient } from '../platform/http-client.ts';
import type { AssetStore } from '../store/asset-store.ts';
import type { AssetWriter } from '../store/asset-writer.ts';
import type { Representation } from './delivery-headers.ts';
import type { DeliveryMeter } from './delivery-meter.ts';
import { type Concluded, GrowingAsset } from './growing-asset.ts';
import type { Exchange, Taken } from './http-cache/stored-response.ts';
import { PassingBytes } from './passing-bytes.ts';
import { type FetchBeginning, RunningFetch } from './running-fetch.ts';
import type { Settling } from './settling.ts';
import { ownEtagOf, saidAssetId, UPSTREAM_SILENCE_MAX, upstreamRefusal } from './upstream.ts';

/** Files that pass through memory at a time: 64 MiB together. More are relayed, each for itself. */
const PASSING_FILES_MAX = 16;
const ETAG = /^"[\x21\x23-\x7e]*"$/;

export interface Wanted {
  readonly titleId: TitleId;
  readonly file: string;
  /** Where the upstream has it: with the viewer's own token in the path. */
  readonly url: string;
  /** Of whoever asks first, for an upstream whose answer may depend on them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Takes an answer that nobody vouches for. */
  readonly takeUnvouched: (exchange: Exchange) => Taken;
}

/** Whether a file that no plan wants was asked for before, so that it is worth a place. */
export interface Admission {
  admits(titleId: TitleId, file: string): boolean;
}

export interface MissFetchOptions {
  readonly purges: Settling;
  readonly store: AssetStore;
  readonly admission: Admission;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: DeliveryMeter;
}

/**
 * One miss fetch a file, however many clients wait for it. What a plan wants, or was asked for before, is written to a disk
 * and goes on when they leave. What is asked for the first time passes through memory to its one client; when another one
 * comes while it does, it gets its place after all.
 */
export class MissFetches {
  readonly #running = new Map<string, RunningFetch>();
  readonly #options: MissFetchOptions;
  #passingFiles = 0;

  constructor(options: MissFetchOptions) {
    this.#options = options;
  }

  /** Joins the fetch of a file that is under way, or begins one. */
  join(wanted: Wanted): { beginning: Promise<FetchBeginning>; isCollapsed: boolean } {
    const key = `${wanted.titleId}/${wanted.file}`;
    const running = this.#running.get(key);
    if (running?.isJoinable) return { beginning: running.join(), isCollapsed: true };
    const fetch = new RunningFetch((sizeBytes) => this.#disksFor(wanted, sizeBytes));
    this.#running.set(key, fetch);
    void this.#fetch(wanted, fetch).finally(() => {
      if (this.#running.get(key) === fetch) this.#running.delete(key);
    });
    return { beginning: fetch.join(), isCollapsed: false };
  }

  /** Begins, tells how, and then takes in the body. Never rejects. */
  async #fetch(wanted: Wanted, fetch: RunningFetch): Promise<void> {
    const { httpClient, clock, meter, log } = this.#options;
    const facts = { titleId: wanted.titleId, file: wanted.file };
    const sentAt = clock.now();
    try {
      const { url, headers } = wanted;
      const silenceMax = UPSTREAM_SILENCE_MAX;
      const response = await httpClient.send({ method: 'GET', url, headers, silenceMax });
      const receivedAt = clock.now();
      meter.countFirstByte(elapsed(sentAt, receivedAt));
      if (!this.#isVouched(wanted, response) && isPassedOn(response)) {
        const taken = wanted.takeUnvouched({ response, requestedAt: sentAt, receivedAt });
        return fetch.tell({ kind: 'unvouched', taken });
      }
      if (response.status !== 200)
        return fetch.tell({ kind: 'refused', refusal: await upstreamRefusal(response) });
      const representation = representationOf(wanted, response);
      const landing = representation && (await this.#landing(wanted, fetch, representation));
      if (!representation || !landing) {
        response.discard();
        return fetch.tell({ kind: 'unstorable' });
      }
      const source = new GrowingAsset(landing);
      const upstreamCacheStatus = response.headers['cache-status'];
      fetch.tell({ kind: 'growing', representation, upstreamCacheStatus, source });
      await this.#takeIn(wanted, response, representation, source);
    } catch (error) {
      const { code, message } = failureFacts(error);
      log('miss.fetch.failed', { ...facts, code, message });
      fetch.tell({ kind: 'refused', refusal: { code, detail: message } });
    }
  }

  /** It is published, or taken for that: a plan wants it, we hold it, or the upstream names its hash. */
  #isVouched(wanted: Wanted, response: ClientResponse): boolean {
    const { titleId, file } = wanted;
    const isHeld = this.#options.store.find(titleId, file) !== undefined;
    return isHeld || this.#isPlanned(wanted) || saidAssetId(response) !== undefined;
  }

  async #landing(
    wanted: Wanted,
    fetch: RunningFetch,
    { sizeBytes }: Representation,
  ): Promise<AssetWriter | PassingBytes | undefined> {
    const { titleId, file } = wanted;
    const { admission, store } = this.#options;
    const isHeld = store.find(titleId, file) !== undefined;
    const isKnown = isHeld || this.#isPlanned(wanted) || admission.admits(titleId, file);
    if (isKnown || fetch.clients > 1) {
      const writer = await this.#disksFor(wanted, bytes(sizeBytes)).begin();
      if (writer) return writer;
    }
    const mayPass = fetch.clients === 1 && this.#passingFiles < PASSING_FILES_MAX;
    return mayPass ? new PassingBytes(sizeBytes) : undefined;
  }

  /** Into free room if there is any; else others give way. */
  #disksFor(wanted: Wanted, sizeBytes: Bytes) {
    const { store } = this.#options;
    const isSurprise = !this.#isPlanned(wanted);
    const tiers = ['flash', 'hdd'] as const;
    const begin = (mayEvict: boolean) => store.begin({ sizeBytes, tiers, mayEvict, isSurprise });
    return {
      begin: async () => (await begin(false)) ?? begin(true),
      abandon: (writer: AssetWriter) => store.abandon(writer),
    };
  }

  #isPlanned({ titleId, file }: Wanted): boolean {
    const { store, clock } = this.#options;
    const item = store.index.plannedItem(titleId, file);
    return item !== undefined && (item.availableUntil ?? Number.POSITIVE_INFINITY) > clock.now();
  }

  async #takeIn(
    wanted: Wanted,
    response: ClientResponse,
    representation: Representation,
    source: GrowingAsset,
  ): Promise<void> {
    const { store, log } = this.#options;
    const { titleId, file } = wanted;
    const isPassing = source.writer === undefined;
    if (isPassing) this.#passingFiles += 1;
    try {
      const received = await receive(response, source);
      if (received) await this.#publish(wanted, representation, received);
      else log('miss.fetch.passed', { titleId, file });
    } catch (error) {
      response.discard();
      await source.fail(error);
      if (source.writer) await store.abandon(source.writer);
      throw error;
    } finally {
      if (isPassing) this.#passingFiles -= 1;
      await source.finish();
    }
  }

  async #publish(
    { titleId, file }: Wanted,
    { sizeBytes, otherEtag: etag, contentType }: Representation,
    { assetId, writer }: Concluded,
  ): Promise<void> {
    const { store, clock, log, purges } = this.#options;
    if (purges.isSettling({ titleId, file })) {
      log('miss.fetch.purged', { titleId, file });
      return store.abandon(writer);
    }
    const name = { titleId, file, etag, contentType, fetchedAt: clock.now() };
    const { tier } = await store.publish(writer, assetId, [name]);
    log('miss.fetch.stored', { titleId, file, assetId, sizeBytes, tier });
  }
}

const isPassedOn = ({ status, rawHeaders }: ClientResponse): boolean =>
  isOriginsAnswer(status, endToEnd(fieldLines(rawHeaders)));

/** Takes in the body. Undefined when it passed through memory, and nobody has use for it any more. */
async function receive(
  response: ClientResponse,
  source: GrowingAsset,
): Promise<Concluded | undefined> {
  for await (const chunk of response.body) {
    if (source.isUnused) {
      response.discard();
      return undefined;
    }
    await source.append(chunk);
  }
  return source.conclude(saidAssetId(response));
}

/** Undefined when the upstream did not tell what a cache must know. */
function representationOf(wanted: Wanted, response: ClientResponse): Representation | undefined {
  const { etag, 'content-length': length, 'content-type': type } = response.headers;
  if (length === undefined || !/^\d{1,15}$/.test(length)) return undefined;
  if (etag === undefined || !ETAG.test(etag)) return undefined;
  const contentType = type ?? contentTypeOf(wanted.file);
  const sizeBytes = Number(length);
  const ownEtag = ownEtagOf(response) ?? etag;
  return { file: wanted.file, sizeBytes, etag: ownEtag, otherEtag: etag, contentType };
}
