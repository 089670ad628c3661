import { MEDIA_TYPES } from '#domain/delivery/content-type.ts';
import type { OcaId } from '#domain/ids.ts';
import type { DescriptorBudget } from './descriptor-budget.ts';
import { HIT_LOG_FORMAT } from './hit-line.ts';
import { locations } from './nginx-locations.ts';
import type { PlanePaths } from './plane-paths.ts';
import { SESSION_PATH_CHARACTERS_MAX } from './session-links.ts';

export interface NginxConfigOptions {
  readonly ocaId: OcaId;
  readonly paths: PlanePaths;
  readonly address: string;
  readonly port: number;
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** nginx's own, for what its syntax changed. */
  readonly version: readonly [major: number, minor: number, patch: number];
  readonly isTokenRequired: boolean;
  /** Undefined: one for each processor. */
  readonly workers: number | undefined;
  readonly budget: DescriptorBudget;
  /** Whose its processes are, when they could be anybody's. */
  readonly rootName: string | undefined;
}

/** A session that ends is served for so long at most: a file that is open is not looked for again until then. */
const OPEN_FILE_VALID_SECONDS = 3;
/** Source: research "performance", section 1: chunks of 512 KiB and `tcp_nopush off` serve twice what the defaults do. */
const SENDFILE_CHUNK = '512k';

const TITLE = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const SEGMENT = '[A-Za-z0-9_-][A-Za-z0-9._-]*';
/** With a dot: nginx would send who asks for a folder elsewhere. */
const FILE_NAME = '[A-Za-z0-9_-][A-Za-z0-9_-]*[.][A-Za-z0-9._-]*';
const TOKEN_PART = `[A-Za-z0-9._-]`;

/**
 * The configuration of the nginx that serves hits. What it can answer itself is a plain GET or HEAD of a file to which the
 * serving tree has a link, below a folder of the session; everything else goes to the agent as it came:
 *
 *     GET /~<token>/content/<title>/<file> ── there is sessions/<token>/<title>/<file> ──▶ the asset, by sendfile
 *                  │ no, or conditional, several ranges, a manifest, refused …
 *                  └──▶ the agent's socket
 */
export function nginxConfig(options: NginxConfigOptions): string {
  const { paths, workers, budget, rootName } = options;
  return `# Written by the agent of ${options.ocaId}: changes are lost.
${rootName === undefined ? '' : `user ${rootName};\n`}worker_processes ${workers ?? 'auto'};
worker_rlimit_nofile ${budget.descriptors};
pid ${paths.pid};
error_log ${paths.errorLog} error;
pcre_jit on;

events {
    worker_connections ${budget.connections};
}

http {
    server_tokens off;
    access_log off;
    log_not_found off;
    sendfile on;
    sendfile_max_chunk ${SENDFILE_CHUNK};
    tcp_nopush off;
    tcp_nodelay on;
    open_file_cache max=${budget.openFiles} inactive=60s;
    open_file_cache_valid ${OPEN_FILE_VALID_SECONDS}s;
    open_file_cache_errors off;
    max_ranges 1;
    keepalive_timeout 65s;
    keepalive_requests 1000000;
    client_header_timeout 10s;
    client_header_buffer_size 2k;
    large_client_header_buffers 4 8k;
    client_body_timeout 10s;
    client_max_body_size 1k;
    send_timeout 20s;
    reset_timedout_connection on;
    proxy_temp_path ${paths.folder}/temporary;
    client_body_temp_path ${paths.folder}/temporary;
    fastcgi_temp_path ${paths.folder}/temporary;
    uwsgi_temp_path ${paths.folder}/temporary;
    scgi_temp_path ${paths.folder}/temporary;
    default_type application/octet-stream;
    types {
${typeLines()}
    }

${HIT_LOG_FORMAT}
${mapsOf(options)}
    upstream agent {
        server unix:${paths.agentSocket};
        keepalive 64;
    }

    server {
${listenLines(options)}
${locations(options)}
    }

    server {
        listen unix:${paths.statusSocket};
        location / {
            stub_status;
        }
    }
}
`;
}

const typeLines = (): string =>
  [...MEDIA_TYPES].map(([extension, type]) => `        "${type}" ${extension};`).join('\n');

/** A file of a hit; anything else leads to no file. Named by the request as it came: nothing is decoded or joined. */
function mapsOf({ paths, isTokenRequired }: NginxConfigOptions): string {
  const file = `(?<hit_file>${TITLE}/(?![^?]*[.](?i:mpd|m3u8)(?:[?]|$))(?:${SEGMENT}/){0,7}${FILE_NAME})(?:[?]|$)`;
  const part = SESSION_PATH_CHARACTERS_MAX;
  const token = `/~(?<part_1>${TOKEN_PART}{1,${part}})(?<part_2>${TOKEN_PART}{0,${part}})`;
  const path = isTokenRequired
    ? [`~^${token}/content/${file}`, `${paths.sessions}/a$part_1/b$part_2/$hit_file`]
    : [`~^(?:/~${TOKEN_PART}*)?/content/${file}`, `${paths.tree}/$hit_file`];
  return `    map "$request_method|$http_range|$http_if_none_match$http_if_match$http_if_range$http_if_modified_since$http_if_unmodified_since$http_transfer_encoding$http_content_length$http_upgrade" $hit_uri {
        default "";
        "~^(?:GET[|](?:bytes=(?:[0-9]+-[0-9]*|-[0-9]+))?|HEAD[|])[|]$" $request_uri;
    }
    map $hit_uri $hit_path {
        default ${paths.folder}/none;
        "${path[0]}" ${path[1]};
    }
`;
}

function listenLines({ address, port, tls, version }: NginxConfigOptions): string {
  const host = address.includes(':') ? `[${address}]` : address;
  const isOwnDirective =
    version[0] > 1 || version[1] > 25 || (version[1] === 25 && version[2] >= 1);
  const protocol = tls === undefined ? '' : isOwnDirective ? ' ssl' : ' ssl http2';
  const lines = [`listen ${host}:${port}${protocol} backlog=4096 reuseport;`];
  if (tls)
    lines.push(
      ...(isOwnDirective ? ['http2 on;'] : []),
      `ssl_certificate ${tls.certificateFile};`,
      `ssl_certificate_key ${tls.keyFile};`,
      'ssl_protocols TLSv1.2 TLSv1.3;',
      // The same as the agent's own server has: see oca-agent/platform/tls-policy.ts.
      'ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;',
      'ssl_prefer_server_ciphers off;',
      'ssl_session_cache shared:tls:16m;',
      'ssl_session_timeout 1h;',
      'ssl_session_tickets off;',
      'ssl_conf_command Options KTLS;',
    );
  return lines.map((line) => `        ${line}`).join('\n');
}
