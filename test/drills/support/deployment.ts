import { request } from 'node:http';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type SessionClaims, signSessionToken } from '#domain/tokens/session-token.ts';
import { emptyApp } from '../../../lib/app.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';
import type { Config } from '../../../lib/config/schema.ts';
import { bucketName } from '../../../lib/names.ts';
import { EdgeStack } from '../../../lib/stacks/edge.ts';
import { OriginStack } from '../../../lib/stacks/origin.ts';
import { type RunningEdge, startEdge } from '../../../local/edge/start-edge.ts';
import { readReplication } from '../../../local/origin/read-replication.ts';
import {
  CREDENTIALS,
  type Gate,
  scratchFolder,
  startBuckets,
  type TestBuckets,
} from '../../local/edge/edge-harness.ts';
import { makeKey, type SigningKey } from '../../oca-agent/fixtures/control-plane.ts';
import { TestSite } from '../../oca-agent/fixtures/test-agent.ts';
import { until } from '../../oca-agent/fixtures/until.ts';

/** The issuer that the appliance's control plane names. */
export const ISSUER = 'test';
const CONFIG = loadConfig(join(import.meta.dirname, '../../../config/example.yaml'));
const [PRIMARY = 'us-east-1', REPLICA = 'eu-west-1'] = CONFIG.regions.origins;
/** Real processes' worth of work on a machine that others use too: a deadline, not a measurement. */
jest.setTimeout(120_000);

export interface DeploymentOptions {
  /** Verify sessions. @default one new key */
  readonly keys?: readonly SigningKey[];
  /** The time that the edge's caches see, epoch milliseconds. @default the real one */
  readonly now?: () => number;
  /** Whether an OCA stands in front of the edge. @default false */
  readonly hasOca?: boolean;
}

/** What came back, with the path sent as it is: nothing is normalized on the way. */
export interface Reply {
  readonly status: number;
  /** The code of a problem document. */
  readonly code: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The origin's buckets, each behind a gate that counts and can fail; the edge that the synthesized template of the
 * example makes; and, if asked for, an appliance in front of it that trusts the same keys.
 */
export class Deployment {
  readonly edge: RunningEdge;
  readonly oca: TestSite | undefined;
  readonly #buckets: TestBuckets;
  readonly #keys: readonly SigningKey[];
  readonly #remove: () => Promise<void>;

  private constructor(parts: {
    readonly edge: RunningEdge;
    readonly oca: TestSite | undefined;
    readonly buckets: TestBuckets;
    readonly keys: readonly SigningKey[];
    readonly remove: () => Promise<void>;
  }) {
    this.edge = parts.edge;
    this.oca = parts.oca;
    this.#buckets = parts.buckets;
    this.#keys = parts.keys;
    this.#remove = parts.remove;
  }

  static async start(options: DeploymentOptions = {}): Promise<Deployment> {
    const { keys = [await makeKey('session-1', 'session-token')], now, hasOca = false } = options;
    const folder = await scratchFolder();
    const assemblyDirectory = join(folder.path, 'cdk.out');
    const publicKeys = keys.map(({ kid, verification }) => ({ kid, x: verification.x }));
    const tokens = { ...CONFIG.tokens, issuer: ISSUER, publicKeys };
    synthesize({ ...CONFIG, tokens }, assemblyDirectory);
    const buckets = await startBuckets(
      (['content', 'assets'] as const).flatMap((kind) =>
        [PRIMARY, REPLICA].map((region) => ({ name: bucketName(CONFIG, kind, region), region })),
      ),
      readReplication(assemblyDirectory),
    );
    const edge = await startEdge({
      assemblyDirectory,
      host: '127.0.0.1',
      port: 0,
      originUrlFor: buckets.originUrlFor,
      credentials: CREDENTIALS,
      cacheBytesMax: 64 * 2 ** 20,
      ...(now && { now }),
    });
    const oca = hasOca ? await startOca(edge.url, keys) : undefined;
    return new Deployment({ edge, oca, buckets, keys, remove: folder.remove });
  }

  /** Servers by name: the edge, and the OCA where there is one. */
  get servers(): [name: string, url: string][] {
    return [['edge', this.edge.url], ...(this.oca ? ([['oca', this.oca.url]] as const) : [])].map(
      ([name, url]): [string, string] => [name, url],
    );
  }

  gate(kind: 'content' | 'assets', which: 'primary' | 'replica' = 'primary'): Gate {
    return this.#buckets.gate(bucketName(CONFIG, kind, which === 'primary' ? PRIMARY : REPLICA));
  }

  /** Requests that reached any bucket. */
  get originRequests(): string[] {
    return (['content', 'assets'] as const).flatMap((kind) =>
      (['primary', 'replica'] as const).flatMap((which) => this.gate(kind, which).seen),
    );
  }

  /** Publishes to the primary bucket: `/content/…` or `/images/…`. */
  async publish(
    path: string,
    body: Buffer | string,
    more: {
      readonly ContentType?: string;
      readonly CacheControl?: string;
      readonly Metadata?: Record<string, string>;
    } = {},
  ): Promise<void> {
    const kind = path.startsWith('/images/') ? 'assets' : 'content';
    await this.#buckets.put(bucketName(CONFIG, kind, PRIMARY), path.slice(1), body, more);
  }

  /** A token for these titles. */
  token(titleIds: readonly string[], claims: Partial<SessionClaims> = {}, key = this.#keys[0]) {
    if (!key) throw new Error('the deployment has no key');
    const nowSeconds = Math.floor(Date.now() / 1000);
    const whole = {
      iss: ISSUER,
      sid: 'session-1',
      iat: nowSeconds,
      exp: nowSeconds + 3600,
      p: titleIds.map((titleId) => `/content/${titleId}/`),
      ...claims,
    };
    return signSessionToken(whole, key);
  }

  async stop(): Promise<void> {
    await this.oca?.stop();
    await this.edge.close();
    await this.#buckets.close();
    await this.#remove();
  }
}

/** The stacks that delivery goes through; the others have no part in a drill. */
function synthesize(config: Config, outdir: string): void {
  const app = emptyApp({ outdir });
  for (const region of config.regions.origins) new OriginStack(app, { config, region });
  new EdgeStack(app, config);
  app.synth();
}

/** An appliance with nothing stored, whose CloudFront is the edge. */
async function startOca(edgeUrl: string, keys: readonly SigningKey[]): Promise<TestSite> {
  const site = await TestSite.build({
    config: { tokens: 'required' },
    flashBytes: 64 * 2 ** 20,
    hddBytes: 64 * 2 ** 20,
  });
  site.control.cloudFrontUrl = edgeUrl;
  site.control.tokenKeys = keys;
  await site.startAgent();
  await until(() => site.control.lastReport?.state === 'in-service', 'a report in service');
  return site;
}

export function ask(url: string, path: string, { method = 'GET', headers = {} }: Ask = {}) {
  const { hostname, port } = new URL(url);
  return new Promise<Reply>((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method, headers, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const body = Buffer.concat(chunks);
        const isProblem = incoming.headers['content-type'] === 'application/problem+json';
        resolve({
          status: incoming.statusCode ?? 0,
          code: isProblem && body.length > 0 ? JSON.parse(body.toString()).code : undefined,
          headers: incoming.headers as Record<string, string>,
          body,
        });
      });
    });
    outgoing.end();
  });
}
