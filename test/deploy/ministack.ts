import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findExecutable } from './find-executable.ts';

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 10_000;
const POLL_MS = 50;

/**
 * AWS on 127.0.0.1: a MiniStack process of our own, which runs the functions' bundles in Node.js processes of its own.
 * It holds everything in memory and has a folder, which is its home, its `TMPDIR`, and gone with it.
 */
export class MiniStack {
  readonly url: string;
  readonly folder: string;
  private readonly account: string;
  private readonly child: ChildProcess;

  private constructor(at: { url: string; folder: string; account: string; child: ChildProcess }) {
    ({ url: this.url, folder: this.folder, account: this.account, child: this.child } = at);
  }

  static async start(account: string): Promise<MiniStack> {
    const executable = findExecutable('ministack', process.env.MINISTACK);
    const folder = mkdtempSync(join(tmpdir(), 'distributary-ministack-'));
    for (const name of ['home', 'tmp']) mkdirSync(join(folder, name));
    const port = await freePort();
    const child = spawn(executable, [], {
      // A group of its own, so that stopping it stops the functions that it runs.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...bareEnvironment(folder),
        BIND_HOST: '127.0.0.1',
        MINISTACK_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        LAMBDA_EXECUTOR: 'local',
        MINISTACK_ACCOUNT_ID: account,
        AWS_ACCESS_KEY_ID: account,
        AWS_SECRET_ACCESS_KEY: SECRET,
      },
    });
    const log = createWriteStream(join(folder, 'ministack.log'));
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    const emulator = new MiniStack({ url: `http://127.0.0.1:${port}`, folder, account, child });
    await emulator.untilReady();
    return emulator;
  }

  /** What makes any AWS program talk to this emulator, and to nothing else: no profile, no file, no metadata service. */
  environment(region: string): Record<string, string> {
    return {
      ...bareEnvironment(this.folder),
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: this.account,
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_REGION: region,
      AWS_CONFIG_FILE: join(this.folder, 'home', 'no-config'),
      AWS_SHARED_CREDENTIALS_FILE: join(this.folder, 'home', 'no-credentials'),
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      // Whatever is not on this machine goes to a proxy that is not there.
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1',
    };
  }

  /** The same for a client of the SDK. A key of 12 digits is the account. */
  client(region: string) {
    return {
      region,
      endpoint: this.url,
      credentials: { accessKeyId: this.account, secretAccessKey: SECRET },
      maxAttempts: 2,
    };
  }

  /** For a request without the SDK: the emulator takes account and region from here, and verifies nothing. */
  signatureFor(region: string, service: string): { Authorization: string } {
    const scope = `${this.account}/20260101/${region}/${service}/aws4_request`;
    return {
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    };
  }

  async stop(): Promise<void> {
    const { child, folder } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await Promise.race([exited, delay(STOP_MS_MAX, undefined, { ref: false })]);
    }
    killGroup(child);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private async untilReady(): Promise<void> {
    const deadline = performance.now() + START_MS_MAX;
    while (performance.now() < deadline) {
      if (this.child.exitCode !== null) break;
      const answer = await fetch(`${this.url}/_ministack/health`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await delay(POLL_MS);
    }
    killGroup(this.child);
    throw new Error(`MiniStack did not become ready: see ${join(this.folder, 'ministack.log')}`);
  }
}

const SECRET = 'not-a-secret';

const bareEnvironment = (folder: string): Record<string, string> => ({
  PATH: [join(process.execPath, '..'), process.env.PATH ?? ''].join(delimiter),
  HOME: join(folder, 'home'),
  TMPDIR: join(folder, 'tmp'),
  LANG: 'C.UTF-8',
});

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The whole group is gone already.
  }
}

/** A port that is free now on 127.0.0.1; MiniStack takes it a moment later. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return address.port;
}
