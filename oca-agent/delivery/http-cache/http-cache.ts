import type { Clock } from '#domain/clock.ts';
import { appendCacheStatus, type CacheStatus } from '#domain/delivery/cache-status.ts';
import { fieldValue } from '#domain/http-cache/field-lines.ts';
import { currentAge, freshnessLifetime } from '#domain/http-cache/freshness.ts';
import { decideReuse, isFailureStatus, mayStandIn } from '#domain/http-cache/reuse.ts';
import { isOriginsAnswer } from '#domain/http-cache/storability.ts';
import { confirms, validatingFields } from '#domain/http-cache/validation.ts';
import type { OcaId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import { failureFacts, type Log } from '../../log.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import type { Refusal } from '../delivery-headers.ts';
import type { DeliveryMeter } from '../delivery-meter.ts';
import { upstreamRefusal } from '../upstream.ts';
import { type Asked, asksForPart, forwardedFields, wholeFields } from './asked.ts';
import { Intake } from './intake.ts';
import { ResponseStore } from './response-store.ts';
import {
  type Exchange,
  receivedResponse,
  type StoredResponse,
  type Taken,
} from './stored-response.ts';
import { passedOn, pour, writeStored } from './write-response.ts';

export interface HttpCacheOptions {
  readonly ocaId: OcaId;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: DeliveryMeter;
  readonly sizeBytesMax: Bytes;
}

/** Undefined: it was answered. `unknown`: nothing is known of the path, and nothing was sent. */
export type Served = Refusal | 'unknown' | undefined;

/** What came of asking about a stored response. `failed`: it may stand in for the answer, else there is `instead`. */
type Confirmation =
  | { kind: 'confirmed' }
  | { kind: 'answered'; taken: Taken }
  | { kind: 'refused'; refusal: Refusal }
  | {
      kind: 'failed';
      failure: 'error-status' | 'no-answer';
      instead: (asked: Asked) => Promise<Refusal | undefined>;
    };

/** Statuses that answer the conditions or the range of the client's own request. */
const ANSWERS_TO_PART = new Set([206, 304, 412, 416]);

/**
 * A shared cache after RFC 9111, in memory, for what neither a plan nor a hash vouches for. What it holds is never on a disk,
 * and each answer is used by its own rules alone.
 */
export class HttpCache {
  readonly #options: HttpCacheOptions;
  readonly #store: ResponseStore;
  readonly #intake: Intake;
  readonly #confirmations = new Map<StoredResponse, Promise<Confirmation>>();

  constructor(options: HttpCacheOptions) {
    this.#options = options;
    this.#store = new ResponseStore(options.sizeBytesMax);
    this.#intake = new Intake(this.#store, options);
  }

  /** Takes in the answer to a whole request. */
  take(asked: Asked, exchange: Exchange): Taken {
    return this.#intake.take(asked, exchange);
  }

  /** Answers by what is stored or was lately seen at the path. @throws CdnError of the upstream */
  async serve(asked: Asked): Promise<Served> {
    const { path, wishes, request } = asked;
    const stored = wishes.has('no-store') ? undefined : this.#store.select(path, asked.fields);
    if (stored) return this.#serveStored(stored, asked);
    if (wishes.has('only-if-cached') || request.method === 'HEAD') return 'unknown';
    return this.#intake.isPassing(path) ? this.#passOn(asked) : 'unknown';
  }

  /** Answers whoever began the request that brought `taken`. */
  async serveFirst(taken: Taken, asked: Asked): Promise<Refusal | undefined> {
    const { stored, exchange } = taken;
    if (stored) return this.#write(stored, asked, { outcome: 'miss', isStored: true }, exchange);
    if (!asksForPart(asked)) return this.#pour(taken, asked);
    exchange.response.discard();
    return this.#passOn(asked);
  }

  /** Answers whoever joined a request whose answer turned out to be one for this cache. */
  async serveJoined(asked: Asked): Promise<Refusal | undefined> {
    const stored = this.#store.select(asked.path, asked.fields);
    if (!stored || asked.wishes.has('no-store') || !this.#isFresh(stored, asked))
      return this.#passOn(asked);
    if (stored.body.sizeBytes === undefined && !(await stored.body.settle()))
      return this.#passOn(asked);
    const status = { outcome: 'miss', isStored: true, isCollapsed: true } as const;
    return this.#write(stored, asked, status);
  }

  /** Removes what is stored at the paths that `isMeant`; `soft`: it is only asked about before it is used again. */
  forget(isMeant: (path: string) => boolean, how: 'hard' | 'soft'): void {
    this.#intake.forget(isMeant);
    for (const stored of this.#store.matching(isMeant)) {
      if (how === 'hard') this.#store.remove(stored);
      else stored.doubt(this.#options.clock.now());
    }
  }

  async #serveStored(stored: StoredResponse, asked: Asked): Promise<Served> {
    const { clock, meter } = this.#options;
    const reuse = stored.isDoubted
      ? 'validate'
      : decideReuse(asked.wishes, stored.received, clock.now());
    if (reuse === 'validate') {
      if (asked.wishes.has('only-if-cached')) return { code: 'asset-not-stored' };
      return asked.request.method === 'HEAD' ? 'unknown' : this.#serveConfirmed(stored, asked);
    }
    if (stored.body.sizeBytes === undefined && !(await stored.body.settle())) return 'unknown';
    if (reuse === 'reuse-and-validate') void this.#confirmAside(stored, asked);
    meter.hits += 1;
    return this.#write(stored, asked, { outcome: 'hit', ttlSeconds: this.#ttlSeconds(stored) });
  }

  /** Has a stored response confirmed, or replaced, and answers. Who comes meanwhile shares what comes of it. */
  async #serveConfirmed(stored: StoredResponse, asked: Asked): Promise<Refusal | undefined> {
    this.#options.meter.misses += 1;
    const isFirst = !this.#confirmations.has(stored);
    const confirmation = await this.#confirm(stored, asked);
    if (confirmation.kind === 'answered')
      return isFirst ? this.serveFirst(confirmation.taken, asked) : this.serveJoined(asked);
    const isCollapsed = !isFirst;
    if (confirmation.kind === 'confirmed') {
      // It came to be doubted while it was being confirmed.
      if (stored.isDoubted) return this.#serveConfirmed(stored, asked);
      const status = { outcome: 'stale', forwardedStatus: 304, isStored: true } as const;
      return this.#write(stored, asked, { ...status, isCollapsed });
    }
    if (confirmation.kind === 'refused') return confirmation.refusal;
    if (mayStandIn(stored.received, confirmation.failure, this.#options.clock.now()))
      return this.#write(stored, asked, { outcome: 'stale', isCollapsed });
    return confirmation.instead(asked);
  }

  /** Has a stored response confirmed for whoever comes next. Never rejects. */
  async #confirmAside(stored: StoredResponse, asked: Asked): Promise<void> {
    if (this.#confirmations.has(stored)) return;
    const confirmation = await this.#confirm(stored, asked).catch(() => undefined);
    if (confirmation?.kind === 'answered' && !confirmation.taken.stored)
      confirmation.taken.exchange.response.discard();
  }

  #confirm(stored: StoredResponse, asked: Asked): Promise<Confirmation> {
    const running = this.#confirmations.get(stored);
    if (running) return running;
    const confirmation = this.#askAbout(stored, asked)
      .catch((error): Confirmation => {
        const { code, message } = failureFacts(error);
        this.#options.log('http-cache.confirmation.failed', { path: asked.path, code, message });
        return { kind: 'failed', failure: 'no-answer', instead: () => Promise.reject(error) };
      })
      .finally(() => this.#confirmations.delete(stored));
    this.#confirmations.set(stored, confirmation);
    return confirmation;
  }

  async #askAbout(stored: StoredResponse, asked: Asked): Promise<Confirmation> {
    const whole = wholeFields(asked, this.#options.ocaId);
    const fields = { ...whole, ...validatingFields(stored.received.fields) };
    const exchange = await this.#intake.ask(asked, fields);
    const { response } = exchange;
    const received = receivedResponse(exchange);
    if (response.status === 304) {
      response.discard();
      if (!confirms(received.fields, stored.received.fields)) return this.#askAnew(stored, asked);
      stored.freshen(received);
      return { kind: 'confirmed' };
    }
    const isFailure = isFailureStatus(response.status);
    if (!isOriginsAnswer(response.status, received.fields)) {
      const refusal = await upstreamRefusal(response);
      if (isFailure)
        return { kind: 'failed', failure: 'no-answer', instead: () => Promise.resolve(refusal) };
      if (response.status === 404 || response.status === 410) this.#store.remove(stored);
      return { kind: 'refused', refusal };
    }
    if (isFailure && mayStandIn(stored.received, 'error-status', this.#options.clock.now())) {
      response.discard();
      const instead = (late: Asked) => this.#passOn(late);
      return { kind: 'failed', failure: 'error-status', instead };
    }
    const taken = this.take(asked, exchange);
    if (!isFailure) this.#store.remove(stored);
    return { kind: 'answered', taken };
  }

  /** The upstream spoke of something that is not stored here. */
  async #askAnew(stored: StoredResponse, asked: Asked): Promise<Confirmation> {
    this.#store.remove(stored);
    const exchange = await this.#intake.ask(asked, wholeFields(asked, this.#options.ocaId));
    return { kind: 'answered', taken: this.take(asked, exchange) };
  }

  /** Asks for one client alone, with his own conditions and range. */
  async #passOn(asked: Asked): Promise<Refusal | undefined> {
    const exchange = await this.#intake.ask(asked, forwardedFields(asked, this.#options.ocaId));
    const { status } = exchange.response;
    const received = receivedResponse(exchange);
    if (ANSWERS_TO_PART.has(status))
      return this.#pour({ exchange, received, stored: undefined }, asked);
    if (!isOriginsAnswer(status, received.fields)) return upstreamRefusal(exchange.response);
    const taken = this.take(asked, exchange);
    if (!taken.stored) return this.#pour(taken, asked);
    return this.#write(taken.stored, asked, { outcome: 'miss', isStored: true }, exchange);
  }

  async #pour({ exchange, received }: Taken, { reply }: Asked): Promise<undefined> {
    const { ocaId, meter } = this.#options;
    const status: CacheStatus = { cache: ocaId, outcome: 'miss' };
    const chain = appendCacheStatus(fieldValue(received.fields, 'cache-status'), status);
    reply.start(received.status, passedOn(received.fields, chain));
    await pour(exchange.response, reply, (sizeBytes) => meter.countSent('miss', sizeBytes));
  }

  async #write(
    stored: StoredResponse,
    asked: Asked,
    said: Omit<CacheStatus, 'cache'>,
    first?: Exchange,
  ): Promise<undefined> {
    const { ocaId, clock, meter } = this.#options;
    const status = { cache: ocaId, detail: 'memory', ...said };
    const outcome = said.outcome === 'hit' ? 'hit' : 'miss';
    const onSent = (sizeBytes: number) => meter.countSent(outcome, sizeBytes);
    const upstreamStatus = first?.response.headers['cache-status'];
    await writeStored({ ocaId, clock, asked, status, onSent }, stored, upstreamStatus);
  }

  #isFresh(stored: StoredResponse, { wishes }: Asked): boolean {
    return decideReuse(wishes, stored.received, this.#options.clock.now()) === 'reuse';
  }

  #ttlSeconds({ received }: StoredResponse): number {
    const age = currentAge(received, this.#options.clock.now());
    return Math.floor((freshnessLifetime(received) - age) / 1000);
  }
}
