import type { ErrorCode } from '#domain/errors.ts';
import type { OcaId } from '#domain/ids.ts';
import { PROBLEM_CONTENT_TYPE, problem } from '#protocol/problem.ts';
import { MEDIA_CACHE_CONTROL, OPEN_HEADERS, RETRY_AFTER_SECONDS } from '../delivery-headers.ts';
import type { PlanePaths } from './plane-paths.ts';

interface Subject {
  readonly ocaId: OcaId;
  readonly paths: PlanePaths;
}

/** What nginx refuses before it knows what is asked for: its statuses, and our answer. 494 and 497 are its own. */
const REFUSALS: readonly [statuses: string, status: number, code: ErrorCode][] = [
  ['400 414 494 497', 400, 'request-invalid'],
  ['408', 408, 'request-invalid'],
  ['413', 413, 'message-too-large'],
];
const REFUSAL_PAGES = REFUSALS.map(
  ([statuses, status]) => `error_page ${statuses} =${status} /.refused/${status};`,
);

/** Fields of every answer that a client may read, whoever gives it. The agent sends them itself. */
const SHARED = { ...OPEN_HEADERS, 'X-Request-Id': '$request_id' };

/** How nginx answers: hits itself, all else by way of the agent, and refusals as problem documents. */
export const locations = (subject: Subject): string =>
  indented([
    ...REFUSAL_PAGES,
    'error_page 404 405 = @agent;',
    'recursive_error_pages on;',
    ...REFUSALS.flatMap(([, status, code]) => refusal(subject, status, code)),
    ...hit(subject),
    'location @agent {',
    ...TO_AGENT,
    '    error_page 502 504 = @alone;',
    '}',
    ...unsatisfiable(),
    ...alone(),
  ]);

const hit = ({ ocaId, paths }: Subject): string[] => [
  'location ~ ^ {',
  '    alias $hit_path;',
  '    etag on;',
  '    if_modified_since off;',
  `    ${hitLog(paths)}`,
  '    error_page 301 403 404 405 500 503 = @agent;',
  '    error_page 416 = @unsatisfiable;',
  ...REFUSAL_PAGES.map((page) => `    ${page}`),
  ...fields({
    ...SHARED,
    'Cache-Control': MEDIA_CACHE_CONTROL,
    'Cache-Status': `"${ocaId}"; hit`,
    // Would be the stamp that the entity tag is made of.
    'Last-Modified': '',
  }),
  '}',
];

const TO_AGENT = [
  '    proxy_pass http://agent;',
  '    proxy_http_version 1.1;',
  '    proxy_set_header Host $http_host;',
  '    proxy_set_header Connection "";',
  '    proxy_pass_header Date;',
  '    proxy_set_header Upgrade $http_upgrade;',
  '    proxy_set_header X-Client-Address $remote_addr;',
  '    proxy_set_header X-Request-Id $request_id;',
  '    proxy_buffers 16 64k;',
  '    proxy_buffer_size 16k;',
  '    proxy_busy_buffers_size 512k;',
  '    proxy_max_temp_file_size 0;',
  '    proxy_connect_timeout 2s;',
  '    proxy_read_timeout 75s;',
  '    proxy_next_upstream off;',
];

/** A range that the file does not have. nginx found out when it had put its fields into the answer: those of the agent would come twice. */
const unsatisfiable = (): string[] => [
  'location @unsatisfiable {',
  ...TO_AGENT,
  ...[...Object.keys(SHARED), 'Cache-Status', 'Content-Range', 'ETag'].map(
    (name) => `    proxy_hide_header ${name};`,
  ),
  '}',
];

/** The agent is away: what nginx cannot serve, nobody can. */
const alone = (): string[] => [
  'location @alone {',
  `    default_type ${PROBLEM_CONTENT_TYPE};`,
  ...fields(
    { ...SHARED, 'Cache-Control': 'no-store', 'Retry-After': String(RETRY_AFTER_SECONDS) },
    ' always',
  ),
  '    if ($uri = /health) {',
  `        return 503 '${bodyOf('out-of-service')}';`,
  '    }',
  `    return 502 '${bodyOf('upstream-unreachable')}';`,
  '}',
];

/** No named location: what could not be read has no path, and nginx finds none from there. */
const refusal = ({ paths }: Subject, status: number, code: ErrorCode): string[] => [
  `location = /.refused/${status} {`,
  '    internal;',
  `    ${hitLog(paths)}`,
  `    default_type ${PROBLEM_CONTENT_TYPE};`,
  ...fields({ ...SHARED, 'Cache-Control': 'no-store' }, ' always'),
  `    return ${status} '${bodyOf(code)}';`,
  '}',
];

const hitLog = (paths: PlanePaths): string =>
  `access_log ${paths.hitLog} hits buffer=64k flush=1s;`;

const bodyOf = (code: ErrorCode): string => JSON.stringify(problem(code)).replaceAll("'", "\\'");

const fields = (values: Readonly<Record<string, string>>, suffix = ''): string[] =>
  Object.entries(values).map(
    ([name, value]) => `    add_header ${name} "${value.replaceAll('"', '\\"')}"${suffix};`,
  );

const indented = (lines: readonly string[]): string =>
  lines.map((line) => `        ${line}`).join('\n');
