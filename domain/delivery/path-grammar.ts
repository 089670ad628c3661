import { isTitleId, type TitleId } from '../ids.ts';

/**
 * The one grammar of paths that clients may ask for, at the edge and on every OCA:
 *
 *     [/~<token>]/content/<titleId>/<file>
 *     [/~<token>]/images/<file>
 *     /health
 *
 * `<file>` is one to eight segments of `[A-Za-z0-9._-]`, none beginning with a dot. Nothing is decoded and nothing is joined:
 * a path with `%`, `\`, `//` or `..` in it simply has no parse, so traversal has nowhere to stand.
 */
export type DeliveryPath =
  | { kind: 'content'; token: string; path: string; titleId: TitleId; file: string }
  | { kind: 'image'; token: string; path: string; file: string }
  | { kind: 'health' };

const FILE = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,7}$/;
const TOKEN = /^\/~([A-Za-z0-9._-]*)(\/.*)$/s;
/** S3 keys end at 1,024 bytes, CloudFront URLs at 8,192. Source: AWS service quotas, read 2026-11. */
const FILE_LENGTH_MAX = 512;

/**
 * Parses the path part of a request target. The query is not looked at: it never changes what is served.
 * Undefined means 400. `path` is what stays when the token is taken out: the cache key and the S3 key both follow from it.
 */
export function parseDeliveryPath(target: string): DeliveryPath | undefined {
  const [pathname = ''] = target.split('?', 1);
  if (pathname === '/health') return { kind: 'health' };
  const [, token = '', rest = pathname] = TOKEN.exec(pathname) ?? [];
  const [, root, ...segments] = rest.split('/');
  if (root === 'content') return contentPath(token, rest, segments);
  if (root === 'images') {
    const file = segments.join('/');
    return isFile(file) ? { kind: 'image', token, path: rest, file } : undefined;
  }
  return undefined;
}

/** Whether `file` may stand behind `/content/<titleId>/`. `publish` asks before it uploads. */
export const isFile = (file: string): boolean => file.length <= FILE_LENGTH_MAX && FILE.test(file);

/** The path of a file of a title, without a token. */
export const contentPathOf = (titleId: TitleId, file: string): string =>
  `/content/${titleId}/${file}`;

function contentPath(token: string, path: string, segments: string[]): DeliveryPath | undefined {
  const [titleId = '', ...rest] = segments;
  const file = rest.join('/');
  return isTitleId(titleId) && isFile(file)
    ? { kind: 'content', token, path, titleId, file }
    : undefined;
}
