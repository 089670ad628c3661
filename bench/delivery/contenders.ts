import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { seededBytes } from '../../test/oca-agent/fixtures/bytes.ts';
import { freePort } from '../../test/oca-agent/fixtures/data-plane.ts';
import { fileOf, PAYLOADS } from './payloads.ts';

export interface Contender {
  readonly name: string;
  readonly url: string;
  /** Paths of a file, one for each session. */
  readonly pathsOf: (file: string, sessions: number) => readonly string[];
  /** Their CPU time is the server's. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;

/** Our OCA, in a process of its own. */
export async function oca(plane: 'nginx' | 'embedded', links: number): Promise<Contender> {
  const script = new URL('./oca.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, plane, String(links)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // As bin/oca.js has it.
    env: { UV_THREADPOOL_SIZE: '320' },
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url, tokens, folder, pid } = JSON.parse(line);
  const nginxPid = () => Number(readFileSync(join(folder, 'state/nginx/nginx.pid'), 'utf8'));
  return {
    name: plane === 'nginx' ? 'ours, nginx plane' : 'ours, embedded plane',
    url,
    pathsOf: (file, sessions) =>
      tokens.slice(0, sessions).map((token: string) => `/~${token}/content/bench/${file}`),
    pids: plane === 'nginx' ? [nginxPid(), pid] : [pid],
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

/** nginx with a folder of the same files and nothing else: tuned by hand, or as Debian ships it. */
export async function bareNginx(folder: string, isTuned: boolean): Promise<Contender> {
  const home = join(folder, isTuned ? 'tuned' : 'stock');
  const port = await freePort();
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'nginx.conf'), nginxConfig(home, join(folder, 'files'), port, isTuned));
  const child = spawn(
    'nginx',
    ['-p', home, '-e', join(home, 'error.log'), '-c', join(home, 'nginx.conf')],
    {
      stdio: 'inherit',
    },
  );
  return plain(isTuned ? 'nginx, tuned by hand' : 'nginx, stock', port, child, 'SIGQUIT');
}

/** Varnish in front of it, everything in memory. */
export async function varnish(folder: string, backend: Contender): Promise<Contender> {
  const port = await freePort();
  const vcl = join(folder, 'default.vcl');
  const backendPort = new URL(backend.url).port;
  writeFileSync(
    vcl,
    `vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "${backendPort}"; }\nsub vcl_backend_response { set beresp.ttl = 1d; }\n`,
  );
  const options = [
    '-j',
    'none',
    '-F',
    '-f',
    vcl,
    '-a',
    `127.0.0.1:${port}`,
    '-s',
    'malloc,2g',
    '-n',
    join(folder, 'varnish'),
  ];
  const child = spawn('varnishd', options, { stdio: 'ignore' });
  return plain('Varnish, in memory', port, child, 'SIGTERM');
}

/** The files that bare servers serve. */
export function layFiles(folder: string): void {
  for (const payload of PAYLOADS)
    for (let number = 0; number < payload.files; number += 1) {
      const path = join(folder, 'files', fileOf(payload, number));
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, seededBytes(number + 1, payload.fileBytes));
    }
}

async function plain(
  name: string,
  port: number,
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<Contender> {
  const url = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  ) {
    if (performance.now() - startedAt > READY_WITHIN_MS) throw new Error(`${name} does not answer`);
    await delay(50);
  }
  return {
    name,
    url,
    pathsOf: (file) => [`/${file}`],
    pids: [child.pid ?? 0],
    async stop() {
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

const TUNED = `sendfile_max_chunk 512k; tcp_nopush off; open_file_cache max=20000 inactive=60s; open_file_cache_valid 60s;`;
const STOCK = 'tcp_nopush on;';

const nginxConfig = (home: string, files: string, port: number, isTuned: boolean) => `
daemon off; worker_processes 1; worker_rlimit_nofile 65536; pid ${home}/pid; error_log ${home}/error.log;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off; sendfile on; keepalive_requests 1000000; types { video/mp4 mp4; } ${isTuned ? TUNED : STOCK}
  client_body_temp_path ${home}/t; proxy_temp_path ${home}/t; fastcgi_temp_path ${home}/t; uwsgi_temp_path ${home}/t; scgi_temp_path ${home}/t;
  server { listen 127.0.0.1:${port}; root ${files}; }
}
`;
