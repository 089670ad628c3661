import { randomUUID } from 'node:crypto';
import { contentPathOf } from '#domain/delivery/path-grammar.ts';
import { CdnError } from '#domain/errors.ts';
import type { OcaId } from '#domain/ids.ts';
import { elapsed } from '#domain/units.ts';
import {
  PURGE_FILES_MAX,
  type Purge,
  type PurgeRequest,
  type PurgeStatus,
  purgeRequest,
} from '#protocol/purge.ts';
import { callerOf, requireOperator } from '../shared/caller.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import type { ControlContext } from './context.ts';

const PURGE_BYTES_MAX = 4096;
const ID = /^\d{1,15}$/;
type Scope = Pick<Purge, 'titleId' | 'files' | 'prefix'>;

/**
 * `POST /v1/purges`: CloudFront is asked first, so that an OCA that fetches anew finds it asked; what it brings while that is
 * still under way, an OCA does not keep.
 */
export async function purgeAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const caller = requireOperator(request);
  const asked = decodeBody(request, purgeRequest, PURGE_BYTES_MAX);
  const scope = await scopeOf(context, asked);
  const begun = await context.invalidations.begin(pathsOf(scope), randomUUID());
  const requestedAt = context.clock.now();
  const purge = await context.purges.add(
    { ...scope, soft: asked.soft ?? false, requestedAt },
    begun,
  );
  context.log('info', 'purge.requested', { ...purge, by: caller.serial });
  return jsonAnswer(201, purge);
}

/** `GET /v1/purges?after=N`: what an appliance has yet to apply. */
export async function purgesAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  callerOf(request);
  return jsonAnswer(
    200,
    await context.purges.list(idIn('after', request.query.get('after') ?? '0')),
  );
}

/** `GET /v1/purges/{purgeId}`: who has done it, by the newest report of each OCA. */
export async function purgeStatusAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperator(request);
  const kept = await context.purges.get(idIn('purgeId', request.parameters.purgeId ?? ''));
  if (!kept) throw new CdnError('not-found', 'no such purge, or it is older than 30 days');
  const [ocas, cloudFront] = await Promise.all([
    ocasBy(context, kept.purge.purgeId),
    Promise.all(kept.invalidations.map((begun) => context.invalidations.state(begun))),
  ]);
  const status: PurgeStatus = { purge: kept.purge, ...ocas, cloudFront };
  return jsonAnswer(200, status);
}

async function ocasBy(
  { directory, fleet, health, clock, settings }: ControlContext,
  purgeId: number,
): Promise<Pick<PurgeStatus, 'acknowledged' | 'waiting' | 'unreachable'>> {
  const ocaIds = [...(await directory.latest()).siteOfOca.keys()];
  const [records, vitals] = await Promise.all([fleet.ocas(ocaIds), health.vitals(ocaIds)]);
  const acknowledged: OcaId[] = [];
  const waiting: OcaId[] = [];
  const unreachable: OcaId[] = [];
  for (const ocaId of ocaIds.filter((id) => records.get(id)?.registration)) {
    const vital = vitals.get(ocaId);
    const isAlive = vital && elapsed(vital.receivedAt, clock.now()) <= settings.lease;
    if ((vital?.report.purgedThrough ?? 0) >= purgeId) acknowledged.push(ocaId);
    else if (isAlive) waiting.push(ocaId);
    else unreachable.push(ocaId);
  }
  return { acknowledged, waiting, unreachable };
}

/** @throws CdnError `message-invalid`, `title-not-found`, `not-found` for a profile that no track has. */
async function scopeOf(
  context: ControlContext,
  { titleId, file, prefix, profile }: PurgeRequest,
): Promise<Scope> {
  if ([file, prefix, profile].filter((part) => part !== undefined).length > 1)
    throw new CdnError('message-invalid', 'expected one of file, prefix and profile, or none');
  if (file !== undefined) return { titleId, files: [file] };
  if (profile !== undefined)
    return { titleId, files: await filesOfProfile(context, titleId, profile) };
  return { titleId, ...(prefix === undefined ? {} : { prefix }) };
}

async function filesOfProfile(
  { titles }: ControlContext,
  titleId: PurgeRequest['titleId'],
  profile: string,
): Promise<string[]> {
  const record = (await titles.records([titleId])).get(titleId);
  if (!record) throw new CdnError('title-not-found', 'no such title is published');
  const tracks = new Set(
    record.tracks.filter((track) => track.profile === profile).map(({ trackId }) => trackId),
  );
  const assets = tracks.size === 0 ? [] : await titles.assets(record);
  const files = assets
    .filter(({ trackId }) => trackId !== undefined && tracks.has(trackId))
    .map(({ file }) => file);
  if (files.length === 0) throw new CdnError('not-found', `${titleId} has no track of ${profile}`);
  if (files.length > PURGE_FILES_MAX)
    throw new CdnError(
      'message-too-large',
      `${profile} has ${files.length} files, and a purge names at most ${PURGE_FILES_MAX}: use a prefix`,
    );
  return files;
}

/**
 * Paths as CloudFront's caches have them, after the viewer-request function has taken the token out. *Assumption:* AWS
 * recommends to name the viewer's path too, which no two sessions share. Source: CloudFront Developer Guide, "What you need to
 * know when invalidating files", read 2026-11.
 */
const pathsOf = ({ titleId, files, prefix = '' }: Scope): string[] =>
  files?.map((file) => contentPathOf(titleId, file)) ?? [`${contentPathOf(titleId, prefix)}*`];

function idIn(name: string, value: string): number {
  if (ID.test(value)) return Number(value);
  throw new CdnError('request-invalid', `${name}: expected a whole number, found ${value}`);
}
