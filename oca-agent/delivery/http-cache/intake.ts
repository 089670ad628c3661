import type { Clock } from '#domain/clock.ts';
import { isStorable } from '#domain/http-cache/storability.ts';
import { after, type EpochMs, elapsed, milliseconds, seconds } from '#domain/units.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import type { DeliveryMeter } from '../delivery-meter.ts';
import { LruMap } from '../lru-map.ts';
import { UPSTREAM_SILENCE_MAX } from '../upstream.ts';
import { ArrivingBody } from './arriving-body.ts';
import type { Asked } from './asked.ts';
import type { ResponseStore } from './response-store.ts';
import { type Exchange, receivedResponse, StoredResponse, type Taken } from './stored-response.ts';

/** So many paths are known by their answers that could not be stored, and for so long. Assumption. */
const PASSING_PATHS_MAX = 4096;
const PASSING_FOR = seconds(60);

/** Paths whose answers must not be stored that were asked for before. */
interface Forgotten {
  readonly isMeant: (path: string) => boolean;
  readonly at: EpochMs;
}
/** No answer is under way for longer before its header has come. */
const UNDER_WAY_MAX = milliseconds(2 * UPSTREAM_SILENCE_MAX);

/** Asks the upstream, and takes in what may be stored of its answers. */
export class Intake {
  readonly #store: ResponseStore;
  readonly #httpClient: HttpClient;
  readonly #clock: Clock;
  readonly #meter: DeliveryMeter;
  #forgotten: readonly Forgotten[] = [];
  readonly #passingUntil = new LruMap<string, EpochMs>(PASSING_PATHS_MAX);

  constructor(
    store: ResponseStore,
    {
      httpClient,
      clock,
      meter,
    }: {
      readonly httpClient: HttpClient;
      readonly clock: Clock;
      readonly meter: DeliveryMeter;
    },
  ) {
    this.#store = store;
    this.#httpClient = httpClient;
    this.#clock = clock;
    this.#meter = meter;
  }

  /** @throws CdnError `upstream-unreachable` or `upstream-timeout` */
  async ask({ url }: Asked, headers: Record<string, string>): Promise<Exchange> {
    const requestedAt = this.#clock.now();
    const silenceMax = UPSTREAM_SILENCE_MAX;
    const response = await this.#httpClient.send({
      method: 'GET',
      url: url(),
      headers,
      silenceMax,
    });
    const receivedAt = this.#clock.now();
    this.#meter.countFirstByte(elapsed(requestedAt, receivedAt));
    return { response, requestedAt, receivedAt };
  }

  /** Gives an answer a place if it may have one; its body comes in then, whoever stays to read it. */
  take(asked: Asked, exchange: Exchange): Taken {
    const received = receivedResponse(exchange);
    const stored = this.#placeFor(asked, received, exchange);
    if (!stored) {
      this.#passingUntil.set(asked.path, after(this.#clock.now(), PASSING_FOR));
      return { exchange, received, stored };
    }
    this.#passingUntil.delete(asked.path);
    const { body } = stored;
    const takeRoom = (sizeBytes: number) =>
      body.announcedBytes !== undefined || this.#store.takeRoom(stored, sizeBytes);
    void body.takeIn(exchange.response.body, takeRoom).then((isComplete) => {
      if (!isComplete) this.#store.remove(stored);
    });
    return { exchange, received, stored };
  }

  /** What is on its way from these paths is older than the order to forget them. */
  forget(isMeant: (path: string) => boolean): void {
    const now = this.#clock.now();
    const recent = this.#forgotten.filter(({ at }) => elapsed(at, now) < UNDER_WAY_MAX);
    this.#forgotten = [...recent, { isMeant, at: now }];
  }

  /** What was at a path lately could not be stored: there is no point in waiting for others who ask for it. */
  isPassing(path: string): boolean {
    return (this.#passingUntil.get(path) ?? 0) > this.#clock.now();
  }

  #placeFor(
    asked: Asked,
    received: Taken['received'],
    { response, requestedAt }: Exchange,
  ): StoredResponse | undefined {
    const { path } = asked;
    if (this.#forgotten.some(({ at, isMeant }) => at >= requestedAt && isMeant(path)))
      return undefined;
    if (!isStorable({ fields: asked.fields, directives: asked.wishes }, received)) return undefined;
    const { 'content-length': length } = response.headers;
    const hasNoBody = received.status === 204;
    const announcedBytes = hasNoBody ? 0 : length === undefined ? undefined : Number(length);
    const body = new ArrivingBody(announcedBytes);
    const stored = new StoredResponse(path, asked.fields, received, body);
    return this.#store.add(stored) ? stored : undefined;
  }
}
