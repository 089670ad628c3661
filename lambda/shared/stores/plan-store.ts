import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { CdnError } from '#domain/errors.ts';
import type { OcaId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { DsseEnvelope } from '#protocol/dsse.ts';
import type { FillPlan } from '#protocol/fill-plan.ts';

/** What is known of a stored plan without reading it. */
export interface StoredPlan {
  readonly etag: string;
  readonly planVersion: number;
  readonly itemsDigest: string;
  readonly startsAt: EpochMs;
  readonly endsAt: EpochMs;
  readonly expiresAt: EpochMs;
}

/** The plan in force of every OCA: signed envelopes in S3, `plans/<ocaId>.json`, described by their user metadata. */
export interface PlanStore {
  describe(ocaId: OcaId): Promise<StoredPlan | undefined>;
  /** The envelope's text; `not-modified` when the stored one still has the entity tag `knownEtag`. */
  read(ocaId: OcaId, knownEtag?: string): Promise<StoredText | 'not-modified' | undefined>;
  /** False when the plan in force is no longer `replaces` (or, without it, when there is one already). */
  write(plan: SignedPlan, replaces: StoredPlan | undefined): Promise<boolean>;
}

export interface StoredText {
  readonly etag: string;
  readonly text: string;
}

export interface SignedPlan {
  readonly plan: FillPlan;
  readonly itemsDigest: string;
  readonly envelope: DsseEnvelope;
}

const planKey = (ocaId: OcaId) => `plans/${ocaId}.json`;

export function planStore(client: S3Client, bucket: string): PlanStore {
  return {
    async describe(ocaId) {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: planKey(ocaId) });
      const head = await unlessStatus(client.send(command), 404);
      return typeof head === 'number'
        ? undefined
        : storedPlan(head.ETag ?? '', head.Metadata ?? {});
    },
    async read(ocaId, knownEtag) {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: planKey(ocaId),
        ...(knownEtag === undefined ? {} : { IfNoneMatch: knownEtag }),
      });
      const object = await unlessStatus(client.send(command), 304, 404);
      if (object === 304) return 'not-modified';
      if (object === 404) return undefined;
      return { etag: object.ETag ?? '', text: (await object.Body?.transformToString()) ?? '' };
    },
    async write({ plan, itemsDigest, envelope }, replaces) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: planKey(plan.ocaId),
        Body: JSON.stringify(envelope),
        ContentType: 'application/json',
        Metadata: {
          'plan-version': `${plan.planVersion}`,
          'items-digest': itemsDigest,
          'starts-at': `${plan.window.startsAt}`,
          'ends-at': `${plan.window.endsAt}`,
          'expires-at': `${plan.expiresAt}`,
        },
        ...(replaces ? { IfMatch: replaces.etag } : { IfNoneMatch: '*' }),
      });
      return typeof (await unlessStatus(client.send(command), 404, 409, 412)) !== 'number';
    },
  };
}

const storedPlan = (etag: string, metadata: Record<string, string>): StoredPlan => ({
  etag,
  planVersion: Number(metadata['plan-version']),
  itemsDigest: metadata['items-digest'] ?? '',
  startsAt: Number(metadata['starts-at']) as EpochMs,
  endsAt: Number(metadata['ends-at']) as EpochMs,
  expiresAt: Number(metadata['expires-at']) as EpochMs,
});

/** The answer, or the HTTP status if it is one of those expected. Anything else is S3 failing us. */
async function unlessStatus<T, const S extends number>(
  answer: Promise<T>,
  ...expected: readonly S[]
): Promise<T | S> {
  try {
    return await answer;
  } catch (cause) {
    const status = (cause as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    const found = expected.find((candidate) => candidate === status);
    if (found !== undefined) return found;
    throw new CdnError('upstream-unreachable', 'S3 did not serve the fill plan', { cause });
  }
}
