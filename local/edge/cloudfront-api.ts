import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { isFromThisMachine } from '../http/request-guard.ts';
import { element, xmlDocument } from '../origin/wire/xml.ts';

export interface CloudFrontApiOptions {
  readonly distributionId: string;
  /** Host names that the distribution is reached by. */
  readonly aliases: readonly string[];
  /** Has the caches forget these paths; a `*` at the end stands for anything. */
  readonly invalidate: (paths: readonly string[]) => void;
}

interface Answer {
  readonly status: number;
  readonly root: string;
}

const NAMESPACE = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';
const ROUTE = /^\/2020-05-31\/distribution(?:\/(\w+)\/invalidation(?:\/([\w-]+))?)?$/;
/** As in AWS. Source: CloudFront API reference, CreateInvalidation. */
const PATHS_MAX = 3000;

/**
 * The three operations of CloudFront's API that purges need: ListDistributions, CreateInvalidation and GetInvalidation. An
 * invalidation is completed when it is answered. Signatures are not checked: only this machine can reach it.
 */
export function cloudFrontApi(options: CloudFrontApiOptions): Server {
  const pathsById = new Map<string, readonly string[]>();
  const invalidation = (id: string): string =>
    element(
      'Invalidation',
      [
        element('Id', id),
        element('Status', 'Completed'),
        element('CreateTime', new Date().toISOString()),
        batchOf(id, pathsById.get(id) ?? []),
      ],
      NAMESPACE,
    );
  const create = (body: string): Answer => {
    const paths = [...body.matchAll(/<Path>([^<]*)<\/Path>/g)].map(([, named = '']) => named);
    const fault = faultOf(paths);
    if (fault !== undefined) return failure(400, 'InvalidArgument', fault);
    const id = randomUUID();
    pathsById.set(id, paths);
    options.invalidate(paths);
    return { status: 201, root: invalidation(id) };
  };
  const answer = (method: string, path: string, body: string): Answer => {
    const [isOurs, distributionId, id] = ROUTE.exec(path) ?? [];
    if (isOurs === undefined) return failure(404, 'NoSuchResource', 'no such operation here');
    if (distributionId === undefined) return { status: 200, root: distributions(options) };
    if (distributionId !== options.distributionId)
      return failure(404, 'NoSuchDistribution', distributionId);
    if (id !== undefined && pathsById.has(id)) return { status: 200, root: invalidation(id) };
    if (id !== undefined) return failure(404, 'NoSuchInvalidation', id);
    return method === 'POST' ? create(body) : failure(405, 'MethodNotAllowed', method);
  };
  return createServer(async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const { status, root } = isFromThisMachine(request.headers)
      ? answer(request.method ?? '', path, await text(request))
      : failure(403, 'AccessDenied', 'cross-site requests are refused');
    response.writeHead(status, { 'content-type': 'text/xml' }).end(xmlDocument(root));
  });
}

/** Whether an invalidation of `paths` means `path`. */
export const isInvalidated = (paths: readonly string[], path: string): boolean =>
  paths.some((named) =>
    named.endsWith('*') ? path.startsWith(named.slice(0, -1)) : named === path,
  );

function faultOf(paths: readonly string[]): string | undefined {
  if (paths.length === 0 || paths.length > PATHS_MAX) return `1 to ${PATHS_MAX} paths`;
  const wrong = paths.find((path) => !path.startsWith('/') || path.slice(0, -1).includes('*'));
  return wrong === undefined ? undefined : `no invalidation path: ${wrong}`;
}

const distributions = ({ distributionId, aliases }: CloudFrontApiOptions): string =>
  element(
    'DistributionList',
    [
      element('Marker', ''),
      element('MaxItems', '100'),
      element('IsTruncated', 'false'),
      element('Quantity', '1'),
      element('Items', [
        element('DistributionSummary', [
          element('Id', distributionId),
          element('Aliases', [
            element('Quantity', String(aliases.length)),
            element(
              'Items',
              aliases.map((alias) => element('CNAME', alias)),
            ),
          ]),
        ]),
      ]),
    ],
    NAMESPACE,
  );

const batchOf = (reference: string, paths: readonly string[]): string =>
  element('InvalidationBatch', [
    element('Paths', [
      element('Quantity', String(paths.length)),
      element(
        'Items',
        paths.map((path) => element('Path', path)),
      ),
    ]),
    element('CallerReference', reference),
  ]);

const failure = (status: number, code: string, message: string): Answer => ({
  status,
  root: element(
    'ErrorResponse',
    [
      element('Error', [
        element('Type', 'Sender'),
        element('Code', code),
        element('Message', message),
      ]),
      element('RequestId', randomUUID()),
    ],
    NAMESPACE,
  ),
});
