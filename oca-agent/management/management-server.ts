import { CdnError } from '#domain/errors.ts';
import { type DiskId, isDiskId } from '#domain/ids.ts';
import { type Decoder, decodeJson, describeFaults } from '#protocol/decode.ts';
import type { OcaInventory } from '#protocol/oca-inventory.ts';
import type { FillReport } from '#protocol/oca-report.ts';
import { PROBLEM_CONTENT_TYPE, problemOf } from '#protocol/problem.ts';
import { failureFacts, type Log } from '../log.ts';
import type { Handler, Reply, ServerRequest } from '../platform/http-server.ts';
import type { VerifyResult } from '../upkeep/asset-verifier.ts';
import type { AgentStatus, ScrubStatus } from './agent-status.ts';
import { formatMetrics, METRICS_CONTENT_TYPE } from './metrics.ts';
import { type AssetSelection, assetSelection, drainOrder, type EvictResult } from './operations.ts';

/** What the operator can ask of a running agent. */
export interface Operations {
  status(): AgentStatus;
  inventory(): OcaInventory;
  setDrained(isDrained: boolean): AgentStatus;
  /** Polls the plan and begins a pass at once, if its window is open. */
  fill(): FillReport;
  evict(selection: AssetSelection): Promise<EvictResult>;
  verify(selection: AssetSelection): Promise<VerifyResult>;
  /** Begins to verify every disk now; `GET /status` tells how far that has come. */
  scrub(): ScrubStatus;
  /** Takes the blank disk that is mounted in the place of another into use. */
  replaceDisk(diskId: DiskId): Promise<AgentStatus>;
  /** Takes a disk into use again whose own medium is in its place. */
  returnDisk(diskId: DiskId): Promise<AgentStatus>;
}

const DISK_ORDER = /^POST \/disks\/([^/]+)\/(replace|return)$/;

interface Answer {
  readonly type: string;
  readonly text: string;
}

const BODY_BYTES_MAX = 8 * 2 ** 20;
/** A name that a hostile page could point at this machine is not served: only addresses and `localhost`. */
const LOCAL_HOST = /^(?:localhost|\[[0-9a-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?$/i;

/** The management address: for the operator on the appliance and for the metrics collector. It has no secrets to ask for, so it is bound to loopback. */
export function manage(operations: Operations, log: Log): Handler {
  return async (request, reply) => {
    try {
      refuseBrowsers(request);
      const { type, text } = await route(operations, request);
      respond(reply, 200, type, text);
    } catch (error) {
      const document = problemOf(error);
      if (document.status >= 500) log('management.request.failed', failureFacts(error));
      respond(reply, document.status, PROBLEM_CONTENT_TYPE, JSON.stringify(document));
    }
  };
}

/** No page of any origin has business here. Sources: Fetch standard, `Origin`; W3C Fetch Metadata. */
function refuseBrowsers({ headers }: ServerRequest): void {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  const isForeign = origin !== undefined || (site !== undefined && site !== 'none');
  if (isForeign || !LOCAL_HOST.test(host))
    throw new CdnError('forbidden', 'the management address does not answer web pages');
}

async function route(operations: Operations, request: ServerRequest): Promise<Answer> {
  const [path = ''] = request.target.split('?', 1);
  switch (`${request.method} ${path}`) {
    case 'GET /metrics':
      return { type: METRICS_CONTENT_TYPE, text: formatMetrics(operations.status()) };
    case 'GET /status':
      return json(operations.status());
    case 'GET /inventory':
      return json(operations.inventory());
    case 'POST /drain':
      return json(operations.setDrained((await readMessage(request, drainOrder)).draining));
    case 'POST /fill':
      return json(operations.fill());
    case 'POST /evict':
      return json(await operations.evict(await readMessage(request, assetSelection)));
    case 'POST /verify':
      return json(await operations.verify(await readMessage(request, assetSelection)));
    case 'POST /scrub':
      return json(operations.scrub());
    default:
      return routeDisks(operations, `${request.method} ${path}`);
  }
}

async function routeDisks(operations: Operations, asked: string): Promise<Answer> {
  const [, diskId = '', order] = DISK_ORDER.exec(asked) ?? [];
  if (!isDiskId(diskId)) throw new CdnError('not-found', `nothing answers ${asked}`);
  const done = order === 'return' ? operations.returnDisk(diskId) : operations.replaceDisk(diskId);
  return json(await done);
}

/** An absent body is an empty message. */
async function readMessage<T>(request: ServerRequest, decoder: Decoder<T>): Promise<T> {
  const body = await request.readText(BODY_BYTES_MAX);
  const decoded = decodeJson(decoder, body === '' ? '{}' : body);
  if (decoded.ok) return decoded.value;
  throw new CdnError('message-invalid', describeFaults(decoded.faults));
}

const json = (value: unknown): Answer => ({
  type: 'application/json',
  text: `${JSON.stringify(value)}\n`,
});

function respond(reply: Reply, status: number, type: string, text: string): void {
  reply.start(status, {
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(text)),
    'Cache-Control': 'no-store',
  });
  reply.end(text);
}
