import { randomUUID } from 'node:crypto';
import type { Clock } from '#domain/clock.ts';
import { assetEtag } from '#domain/delivery/asset-etag.ts';
import { appendCacheStatus } from '#domain/delivery/cache-status.ts';
import { isPlaybackManifest } from '#domain/delivery/content-type.ts';
import { type DeliveryPath, parseDeliveryPath } from '#domain/delivery/path-grammar.ts';
import { CdnError, errorCodeOf, errorKind } from '#domain/errors.ts';
import type { OcaId } from '#domain/ids.ts';
import { elapsed, seconds } from '#domain/units.ts';
import type { Condition } from '../condition.ts';
import { failureFacts, type Log } from '../log.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Reply, ServerRequest } from '../platform/http-server.ts';
import { isDoubted, type NamedAsset } from '../store/asset.ts';
import type { AssetStore } from '../store/asset-store.ts';
import { type Answer, demandOf } from './answer.ts';
import { Confirmations } from './confirmations.ts';
import {
  PREFLIGHT_HEADERS,
  type Refusal,
  type Representation,
  refuse,
} from './delivery-headers.ts';
import type { DeliveryMeter } from './delivery-meter.ts';
import { answerHealth } from './health.ts';
import { type Asked, askedOf, wholeFields } from './http-cache/asked.ts';
import type { HttpCache } from './http-cache/http-cache.ts';
import type { DeliveryLog } from './log/delivery-log.ts';
import { RecordedReply } from './log/recorded-reply.ts';
import { MissFetches } from './miss-fetch.ts';
import { relay } from './relay.ts';
import { refusalOf } from './request-guard.ts';
import type { FetchBeginning } from './running-fetch.ts';
import { SecondRequest } from './second-request.ts';
import type { ByteSource } from './send-span.ts';
import type { SessionAdmission } from './session-admission.ts';
import type { Settling } from './settling.ts';
import type { TokenGate } from './token-gate.ts';
import { upstreamPath } from './upstream-path.ts';
import { answerToTheEnd } from './upstream-rest.ts';

export interface ContentDeliveryOptions {
  readonly ocaId: OcaId;
  readonly isTokenRequired: boolean;
  readonly store: AssetStore;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: TokenGate;
  readonly sessions: SessionAdmission;
  readonly meter: DeliveryMeter;
  readonly deliveryLog: Pick<DeliveryLog, 'note'>;
  readonly condition: () => Condition;
  /** Layer 2, once it is known. */
  readonly upstreamUrl: () => string | undefined;
  readonly purges: Settling;
  /** Our own, where sessions are bound to networks. */
  readonly upstreamToken: () => string | undefined;
  /** For what is neither planned nor published by us. */
  readonly httpCache: HttpCache;
}

type ContentPath = Extract<DeliveryPath, { kind: 'content' }>;
type GrowingFetch = Extract<FetchBeginning, { kind: 'growing' }>;

/** A manifest that no plan vouches for may have been replaced after so long. */
const UNPLANNED_MANIFEST_LIFETIME = seconds(300);

/** The delivery address: every answer that a client of this OCA can get. */
export class ContentDelivery {
  readonly #options: ContentDeliveryOptions;
  readonly #fetches: MissFetches;
  readonly #confirmations: Confirmations;

  constructor(options: ContentDeliveryOptions) {
    this.#options = options;
    this.#confirmations = new Confirmations(options);
    this.#fetches = new MissFetches({ ...options, admission: new SecondRequest(options.clock) });
  }

  /** Answers one request, and logs it unless it was one for the state or a preflight. Never rejects. */
  async serve(request: ServerRequest, reply: Reply): Promise<void> {
    const { clock, ocaId, deliveryLog } = this.#options;
    const requestId = request.requestId ?? randomUUID().replaceAll('-', '');
    const recorded = new RecordedReply(reply, request, clock, requestId);
    if (await this.#serve(request, recorded)) deliveryLog.note(recorded.record(ocaId));
  }

  /** True: it goes into the log. */
  async #serve(request: ServerRequest, reply: RecordedReply): Promise<boolean> {
    const malformed = refusalOf(request);
    if (malformed) {
      this.#options.meter.requests += 1;
      this.#refuse(reply, { code: malformed, mustClose: true });
      return true;
    }
    if (request.method === 'OPTIONS') {
      reply.start(204, PREFLIGHT_HEADERS);
      reply.end();
      return false;
    }
    const path = parseDeliveryPath(request.target);
    if (path?.kind === 'health') {
      answerHealth(reply, this.#options);
      return false;
    }
    this.#options.meter.requests += 1;
    if (path) await this.#servePath(path, request, reply);
    else this.#refuse(reply, { code: 'path-invalid' });
    return true;
  }

  async #servePath(
    path: Exclude<DeliveryPath, { kind: 'health' }>,
    request: ServerRequest,
    reply: RecordedReply,
  ): Promise<void> {
    try {
      const refusal = await (path.kind === 'image'
        ? this.#relay(request, reply, 'bypass')
        : this.#serveContent(path, request, reply));
      if (refusal) this.#refuse(reply, refusal);
    } catch (error) {
      const { code, message } = failureFacts(error);
      this.#options.log('delivery.request.failed', { path: path.path, code, message });
      this.#refuse(reply, { code: codeForClients(error) });
    }
  }

  async #serveContent(
    path: ContentPath,
    request: ServerRequest,
    reply: RecordedReply,
  ): Promise<Refusal | undefined> {
    reply.noteSubject(path.titleId, path.file);
    const refusal = await this.#admit(path, request, reply);
    if (refusal) return refusal;
    const { store, meter } = this.#options;
    const held = store.find(path.titleId, path.file);
    const isFresh = held !== undefined && this.#isFresh(held);
    if (isFresh && (await this.#serveHeld(held, request, reply, 'hit'))) {
      meter.hits += 1;
      return undefined;
    }
    const url = () => this.#upstreamUrlOf(request);
    const asked = askedOf(request, { path: path.path, url, reply });
    const served = await this.#options.httpCache.serve(asked);
    if (served !== 'unknown') return served;
    if (asked.wishes.has('only-if-cached')) return { code: 'asset-not-stored' };
    if (held && isDoubted(held) && (await this.#confirmations.confirm(held, url))) {
      if (await this.#serveHeld(held, request, reply, 'hit')) {
        meter.hits += 1;
        return undefined;
      }
    }
    const missed = await this.#serveMiss(path, asked);
    // A copy that could not be confirmed is better than none. Source: RFC 9111 §4.2.4.
    const isUpstreamAway = missed !== undefined && errorKind(missed.code).status >= 500;
    if (isUpstreamAway && held && (await this.#serveHeld(held, request, reply, 'stale')))
      return undefined;
    return missed;
  }

  async #admit(
    path: ContentPath,
    request: ServerRequest,
    reply: RecordedReply,
  ): Promise<Refusal | undefined> {
    const { isTokenRequired, gate, sessions, condition } = this.#options;
    let sessionId = request.remoteAddress;
    if (isTokenRequired) {
      const verdict = await gate.admit(path.token, path.path, request.remoteAddress);
      if (!verdict.ok) return { code: verdict.refusal };
      sessionId = verdict.claims.sid;
      reply.noteSession(sessionId);
    }
    const { shedding } = condition();
    if (sessions.admit(sessionId, shedding === undefined)) return undefined;
    return shedding && { code: shedding };
  }

  #isFresh(held: NamedAsset): boolean {
    if (isDoubted(held)) return false;
    if (held.isPlanned || !isPlaybackManifest(held.file)) return true;
    return elapsed(held.fetchedAt, this.#options.clock.now()) < UNPLANNED_MANIFEST_LIFETIME;
  }

  /** Serves from a disk. False when that cannot be done and nothing has been sent. */
  async #serveHeld(
    held: NamedAsset,
    request: ServerRequest,
    reply: Reply,
    outcome: 'hit' | 'stale',
  ): Promise<boolean> {
    const { ocaId, store } = this.#options;
    const cacheStatus = appendCacheStatus(undefined, { cache: ocaId, outcome, detail: held.tier });
    const reader = await store.openReader(held);
    if (!reader) return false;
    let sentBytes = 0;
    const countSent = (sizeBytes: number) => {
      sentBytes += sizeBytes;
    };
    try {
      const what = representationOfHeld(held);
      await this.#send(this.#answer(request, reply, what, cacheStatus, 'hit', countSent), reader);
      return true;
    } catch (error) {
      if (reply.isStarted) throw error;
      return false;
    } finally {
      store.noteUse(held, sentBytes);
      await reader.close();
    }
  }

  async #serveMiss(path: ContentPath, asked: Asked): Promise<Refusal | undefined> {
    const { request, reply } = asked;
    const { httpCache, meter, ocaId } = this.#options;
    meter.misses += 1;
    // What was purged lately may still come as it was: it is passed on, shared with nobody, and not kept.
    const isKept = request.method !== 'HEAD' && !this.#options.purges.isSettling(path);
    if (!isKept) return this.#relay(request, reply, 'miss');
    const { titleId, file } = path;
    const { beginning, isCollapsed } = this.#fetches.join({
      titleId,
      file,
      url: asked.url(),
      headers: wholeFields(asked, ocaId),
      takeUnvouched: (exchange) => httpCache.take(asked, exchange),
    });
    const begun = await beginning;
    if (begun.kind === 'refused') return begun.refusal;
    if (begun.kind === 'unvouched')
      return isCollapsed
        ? await httpCache.serveJoined(asked)
        : await httpCache.serveFirst(begun.taken, asked);
    if (begun.kind === 'unstorable') return this.#relay(request, reply, 'miss');
    try {
      if (isFarAhead(request, begun)) return await this.#relay(request, reply, 'miss');
      await this.#serveGrowing(begun, request, reply, isCollapsed);
      return undefined;
    } catch (error) {
      const isDiskTrouble = errorKind(errorCodeOf(error)).source === 'internal';
      if (reply.isStarted || !isDiskTrouble) throw error;
      return await this.#relay(request, reply, 'miss');
    } finally {
      await begun.source.release();
    }
  }

  async #serveGrowing(
    { representation, upstreamCacheStatus, source }: GrowingFetch,
    request: ServerRequest,
    reply: Reply,
    isCollapsed: boolean,
  ): Promise<void> {
    const cacheStatus = appendCacheStatus(upstreamCacheStatus, {
      cache: this.#options.ocaId,
      outcome: 'miss',
      isStored: source.writer !== undefined,
      isCollapsed,
    });
    await this.#send(this.#answer(request, reply, representation, cacheStatus, 'miss'), source);
  }

  #send(what: Answer, source: ByteSource): Promise<void> {
    const url = () => this.#upstreamUrlOf(what.request);
    return answerToTheEnd(what, source, { ...this.#options, url });
  }

  #relay(
    request: ServerRequest,
    reply: Reply,
    outcome: 'miss' | 'bypass',
  ): Promise<Refusal | undefined> {
    const { ocaId, httpClient, meter } = this.#options;
    return relay({
      httpClient,
      url: this.#upstreamUrlOf(request),
      request,
      reply,
      status: { cache: ocaId, outcome },
      onSent: (sizeBytes) => meter.countSent('miss', sizeBytes),
    });
  }

  #upstreamUrlOf(request: ServerRequest): string {
    const base = this.#options.upstreamUrl();
    const [path = ''] = request.target.split('?', 1);
    if (base === undefined)
      throw new CdnError('upstream-unreachable', 'no upstream is known: not registered yet');
    const { gate, upstreamToken } = this.#options;
    return `${base}${upstreamPath(path, gate, upstreamToken())}`;
  }

  #answer(
    request: ServerRequest,
    reply: Reply,
    representation: Answer['representation'],
    cacheStatus: string,
    outcome: 'hit' | 'miss',
    countSent: (sizeBytes: number) => void = () => undefined,
  ): Answer {
    const { ocaId, clock, meter } = this.#options;
    const onSent = (sizeBytes: number) => {
      meter.countSent(outcome, sizeBytes);
      countSent(sizeBytes);
    };
    return { ocaId, clock, request, reply, representation, cacheStatus, onSent };
  }

  #refuse(reply: Reply, refusal: Refusal): void {
    const { meter, ocaId } = this.#options;
    meter.countRefusal(refusal.code);
    const upstreamStatus = refusal.headers?.['Cache-Status'];
    const cacheStatus = appendCacheStatus(upstreamStatus, { cache: ocaId, outcome: 'miss' });
    const headers =
      upstreamStatus === undefined
        ? refusal.headers
        : { ...refusal.headers, 'Cache-Status': cacheStatus };
    refuse(reply, ocaId, { ...refusal, ...(headers ? { headers } : {}) });
  }
}

const representationOfHeld = (held: NamedAsset): Representation => ({
  ...held,
  etag: assetEtag(held.assetId, held.sizeBytes),
  otherEtag: held.etag,
});

function isFarAhead(request: ServerRequest, { representation, source }: GrowingFetch): boolean {
  const demand = demandOf(request, representation);
  if (demand.kind !== 'body') return false;
  return source.isFarAhead(demand.span.first);
}

/** Codes that never reach HTTP become the one that a client can act on. */
function codeForClients(error: unknown): Refusal['code'] {
  const code = errorCodeOf(error);
  const { status, source } = errorKind(code);
  if (status !== 0) return code;
  return source === 'upstream' ? 'upstream-invalid' : 'internal';
}
