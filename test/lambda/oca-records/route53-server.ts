import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DOMParser, type Element } from '@xmldom/xmldom';

export interface ZoneRecord {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds?: number;
  readonly values?: readonly string[];
  readonly aliasTo?: string;
}

/**
 * The two calls of Route 53 that the function makes, over real HTTP: a zone that refuses what Route 53 refuses and lists
 * in its order, in pages. Source: Route 53 API Reference, ChangeResourceRecordSets and ListResourceRecordSets, 2013-04-01.
 */
export class Route53Server {
  url = '';
  /** `ACTION name type` of every change, by request. */
  readonly batches: string[][] = [];
  pageSize = 100;
  /** Called before a change is made. */
  beforeChange: () => Promise<void> = async () => undefined;
  readonly #zoneId: string;
  readonly #records = new Map<string, ZoneRecord>();
  #inOrder: readonly ZoneRecord[] | undefined;
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request, response).catch((thrown) => {
      response.writeHead(400, { 'content-type': 'text/xml' });
      response.end(error('InvalidChangeBatch', String(thrown.message)));
    });
  });

  private constructor(zoneId: string) {
    this.#zoneId = zoneId;
  }

  static async start(zoneId: string): Promise<Route53Server> {
    const server = new Route53Server(zoneId);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`;
    return server;
  }

  put(record: ZoneRecord): void {
    this.#records.set(keyOf(record), record);
    this.#inOrder = undefined;
  }

  /** `name type values`, in the zone's order. */
  get told(): string[] {
    return this.#sorted().map(({ name, type, values = [], aliasTo }) =>
      [name, type, ...values, ...(aliasTo ? [`-> ${aliasTo}`] : [])].join(' '),
    );
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    response.setHeader('content-type', 'text/xml');
    if (!url.pathname.replace(/\/$/, '').endsWith(`/2013-04-01/hostedzone/${this.#zoneId}/rrset`)) {
      response.writeHead(404).end(error('NoSuchHostedZone', url.pathname));
      return;
    }
    const body = await text(request);
    if (request.method === 'GET') response.end(this.#list(url.searchParams));
    else {
      await this.beforeChange();
      this.#change(body);
      response.end(
        `<ChangeResourceRecordSetsResponse ${NAMESPACE}><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-11-01T00:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>`,
      );
    }
  }

  #list(query: URLSearchParams): string {
    const from = sortKey({ name: dotted(query.get('name') ?? ''), type: query.get('type') ?? '' });
    const rest = this.#sorted().filter((record) => sortKey(record) >= from);
    const page = rest.slice(0, this.pageSize);
    const next = rest[this.pageSize];
    return [
      `<ListResourceRecordSetsResponse ${NAMESPACE}><ResourceRecordSets>`,
      ...page.map(recordXml),
      `</ResourceRecordSets><IsTruncated>${next !== undefined}</IsTruncated>`,
      next
        ? `<NextRecordName>${next.name}</NextRecordName><NextRecordType>${next.type}</NextRecordType>`
        : '',
      `<MaxItems>${this.pageSize}</MaxItems></ListResourceRecordSetsResponse>`,
    ].join('');
  }

  /** All changes of a batch, or none. */
  #change(body: string): void {
    const { documentElement } = new DOMParser().parseFromString(body, 'application/xml');
    const changes = [...(documentElement?.getElementsByTagName('Change') ?? [])].map(readChange);
    const weight = changes.reduce(
      (sum, { action, record }) =>
        sum + (record.values?.length ?? 0) * (action === 'UPSERT' ? 2 : 1),
      0,
    );
    if (changes.length === 0 || weight > 1000) throw new Error(`${weight} elements`);
    for (const { action, record } of changes) {
      const stored = this.#records.get(keyOf(record));
      if (action === 'DELETE' && JSON.stringify(stored) !== JSON.stringify(record)) {
        throw new Error(`Tried to delete ${keyOf(record)} but the values provided do not match`);
      }
      if (stored?.aliasTo !== undefined) throw new Error(`${keyOf(record)} is an alias`);
    }
    this.#inOrder = undefined;
    for (const { action, record } of changes) {
      if (action === 'DELETE') this.#records.delete(keyOf(record));
      else this.#records.set(keyOf(record), record);
    }
    this.batches.push(changes.map(({ action, record }) => `${action} ${keyOf(record)}`));
  }

  #sorted(): readonly ZoneRecord[] {
    this.#inOrder ??= [...this.#records.values()].sort((one, other) =>
      sortKey(one) < sortKey(other) ? -1 : 1,
    );
    return this.#inOrder;
  }
}

const NAMESPACE = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';
const dotted = (name: string) => (name.endsWith('.') ? name : `${name}.`);
const keyOf = ({ name, type }: Pick<ZoneRecord, 'name' | 'type'>) => `${name} ${type}`;

/** By labels from the right: `com.example.oca.metro.`, as Route 53 lists a zone. */
const sortKey = ({ name, type }: Pick<ZoneRecord, 'name' | 'type'>) =>
  `${name.split('.').slice(0, -1).toReversed().join('.')}. ${type}`;

const recordXml = ({ name, type, ttlSeconds, values = [], aliasTo }: ZoneRecord) =>
  `<ResourceRecordSet><Name>${name}</Name><Type>${type}</Type>${
    aliasTo === undefined
      ? `<TTL>${ttlSeconds}</TTL><ResourceRecords>${values
          .map((value) => `<ResourceRecord><Value>${value}</Value></ResourceRecord>`)
          .join('')}</ResourceRecords>`
      : `<AliasTarget><HostedZoneId>Z1</HostedZoneId><DNSName>${aliasTo}</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>`
  }</ResourceRecordSet>`;

function readChange(element: Element): { action: string; record: ZoneRecord } {
  const all = (name: string) =>
    [...element.getElementsByTagName(name)].map(({ textContent }) => textContent ?? '');
  const [action = ''] = all('Action');
  const [name = ''] = all('Name');
  const [type = ''] = all('Type');
  return {
    action,
    record: { name, type, ttlSeconds: Number(all('TTL')[0]), values: all('Value') },
  };
}

const error = (code: string, message: string) =>
  `<ErrorResponse ${NAMESPACE}><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
