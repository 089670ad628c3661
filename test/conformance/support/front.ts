import {
  createServer,
  type IncomingMessage,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CacheTests } from './cache-tests.ts';

/** The file of what the suite has at `/test/<uuid>` itself. */
const FILE = 'body';
const UNSAFE_METHODS = new Set(['POST', 'PUT', 'DELETE', 'M-SEARCH']);
/** Fields about one connection: Node makes those of the other. */
const CONNECTION_FIELDS = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** The OCA under test. Asked at each request: it wants to know its upstream before it starts. */
export interface TestedOca {
  url(): string;
  /** Orders on the management address. */
  evictTitle(titleId: string): Promise<unknown>;
}

/**
 * What the suite's client talks to, and the origin that it tests against. Requests that only set a test up go straight to the
 * suite's own handlers; those that are tested go to the OCA, under a path of its grammar, and come back here as the OCA's:
 *
 *     client ── /config, /state ─────────────────────────────────▶ suite's handlers
 *     client ── GET /test/<uuid> ──▶ OCA /content/<uuid>/… ──▶ here ──▶ suite's handlers
 *     client ── POST /test/<uuid> ───────────────────────────────▶ suite's handlers, and `evict` to the OCA
 *
 * An OCA takes no unsafe methods. Who changes content does so at the origin and tells the OCAs; here we are both.
 */
export class Front {
  url = '';
  readonly #suite: CacheTests;
  readonly #oca: TestedOca;
  readonly #server: Server;

  static async start(suite: CacheTests, oca: TestedOca): Promise<Front> {
    const front = new Front(suite, oca);
    await new Promise<void>((resolve) => {
      front.#server.listen(0, '127.0.0.1', resolve);
    });
    front.url = `http://127.0.0.1:${(front.#server.address() as AddressInfo).port}`;
    return front;
  }

  private constructor(suite: CacheTests, oca: TestedOca) {
    this.#suite = suite;
    this.#oca = oca;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query] = (request.url ?? '').split('?', 2);
    const [, place, uuid = '', file] = path.split('/');
    if (place === 'config' || place === 'state') {
      const handle = await this.#suite.handler(place);
      return handle([uuid], request, response);
    }
    if (place === 'content') return this.#answerAsOrigin(uuid, file, request, response);
    if (place !== 'test') return void response.writeHead(404).end();
    if (UNSAFE_METHODS.has(request.method ?? ''))
      return this.#changeAtOrigin(uuid, file, request, response);
    const target = `/content/${uuid}/${file ?? FILE}${query === undefined ? '' : `?${query}`}`;
    this.#passToOca(target, request, response);
  }

  async #answerAsOrigin(
    uuid: string,
    file: string | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const segments = file === undefined || file === FILE ? [uuid] : [uuid, file];
    request.url = `/${['test', ...segments].join('/')}`;
    const handle = await this.#suite.handler('test');
    handle(segments, request, response);
  }

  /** The client hears of a change that succeeded when the OCA has heard of it. */
  async #changeAtOrigin(
    uuid: string,
    file: string | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const end = response.end.bind(response);
    response.end = ((...body: Parameters<typeof end>) => {
      const told = response.statusCode < 400 ? this.#oca.evictTitle(uuid) : Promise.resolve();
      void told.then(() => end(...body));
      return response;
    }) as typeof response.end;
    await this.#answerAsOrigin(uuid, file, request, response);
  }

  #passToOca(target: string, request: IncomingMessage, response: ServerResponse): void {
    const passed = requestHttp(`${this.#oca.url()}${target}`, {
      method: request.method ?? 'GET',
      headers: request.rawHeaders,
      agent: false,
    });
    passed.on('error', () => response.destroy());
    passed.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 0, withoutConnection(answer.rawHeaders));
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    request.pipe(passed);
  }
}

const withoutConnection = (raw: readonly string[]): string[] =>
  raw.filter((_, index) => {
    const name = raw[index - (index % 2)] ?? '';
    return !CONNECTION_FIELDS.has(name.toLowerCase());
  });
