import type { Log } from '../../origin/program.ts';
import type { CacheRequest, CacheResponse } from '../cache/messages.ts';
import type {
  Behavior,
  Distribution,
  EdgeEventType,
  EdgeFunctionDefinition,
  Origin,
} from '../distribution/distribution.ts';
import { type EventRequest, edgeEvent, requestResult, responseResult } from './edge-event.ts';
import { EdgeFunction } from './edge-function.ts';

/** A viewer's request as functions see it. */
export interface ViewerEventRequest extends EventRequest {
  readonly clientIp: string;
  readonly requestId: string;
  readonly behavior: Behavior;
}

/** The functions of a distribution's behaviors, each at its event. A behavior without one passes things on unchanged. */
export class EdgeFunctions {
  readonly #distributionId: string;
  readonly #functionByName = new Map<string, EdgeFunction>();
  readonly #log: Log;

  constructor({ id }: Distribution, log: Log) {
    this.#distributionId = id;
    this.#log = log;
  }

  /** @throws CdnError */
  async viewerRequest(request: ViewerEventRequest): Promise<ViewerEventRequest | CacheResponse> {
    const result = await this.#run('viewer-request', request, {});
    return result === undefined ? request : requestResult(result, request, 'viewer');
  }

  /** @throws CdnError */
  async originRequest(
    request: CacheRequest,
    origin: Origin,
  ): Promise<CacheRequest | CacheResponse> {
    const result = await this.#run('origin-request', request, { origin });
    return result === undefined ? request : requestResult(result, request, 'origin');
  }

  /** @throws CdnError */
  async originResponse(
    request: CacheRequest,
    origin: Origin,
    response: CacheResponse,
  ): Promise<CacheResponse> {
    const result = await this.#run('origin-response', request, { origin, response });
    return result === undefined ? response : responseResult(result, response, 'origin');
  }

  /** Not run for errors, as in CloudFront. @throws CdnError */
  async viewerResponse(
    request: ViewerEventRequest,
    response: CacheResponse,
  ): Promise<CacheResponse> {
    if (response.status >= 400) return response;
    const result = await this.#run('viewer-response', request, { response });
    return result === undefined ? response : responseResult(result, response, 'viewer');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#functionByName.values()].map((running) => running.close()));
  }

  /** The function's result; undefined where the behavior has none for the event. */
  async #run(
    eventType: EdgeEventType,
    request: ViewerEventRequest,
    more: { origin?: Origin; response?: CacheResponse },
  ): Promise<unknown> {
    const definition = request.behavior.functionByEvent[eventType];
    if (!definition) return undefined;
    const { requestId, clientIp } = request;
    const event = edgeEvent({
      distributionId: this.#distributionId,
      eventType,
      requestId,
      clientIp,
      request,
      ...more,
    });
    return (await this.#function(definition).invoke(event, requestId)) ?? null;
  }

  #function(definition: EdgeFunctionDefinition): EdgeFunction {
    const known = this.#functionByName.get(definition.functionName);
    if (known) return known;
    const made = new EdgeFunction(definition, this.#log);
    this.#functionByName.set(definition.functionName, made);
    return made;
  }
}
