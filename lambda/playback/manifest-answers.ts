import { CdnError } from '#domain/errors.ts';
import { isCloudFrontId, type OcaId, type PathwayId } from '#domain/ids.ts';
import { orderPathways } from '#domain/steering/order-pathways.ts';
import { steeringManifest } from '#protocol/steering-manifest.ts';
import type { HttpAnswer, HttpRequest } from '../shared/http.ts';
import { faultOf } from '../shared/log.ts';
import type { OcaStatus } from '../shared/oca-statuses.ts';
import type { PlaybackContext } from './context.ts';
import { type PathwayBase, sessionMpd } from './manifests/session-mpd.ts';
import { sessionPlaylist } from './manifests/session-playlist.ts';
import { pathwayUrl } from './pathways.ts';
import { requireTitle } from './session-answer.ts';
import { requireSession, titleUrl } from './sessions.ts';

/** `GET …/manifest.mpd?session=…`: the title's MPD with the session's pathways and inline steering. */
export async function mpdAnswer(
  context: PlaybackContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { title, pathways, steering } = await sessionPathways(context, request, 'dash');
  if (title.dash === undefined) throw new CdnError('asset-not-found', 'the title has no MPD');
  const template = await context.mpds.read(title, title.dash);
  return manifestAnswer('application/dash+xml', sessionMpd(template, pathways, steering));
}

/** `GET …/main.m3u8?session=…`: the title's multivariant playlist, likewise. */
export async function playlistAnswer(
  context: PlaybackContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { title, pathways, steering } = await sessionPathways(context, request, 'hls');
  if (title.hls === undefined) throw new CdnError('asset-not-found', 'the title has no playlist');
  const template = await context.playlists.read(title, title.hls);
  const body = sessionPlaylist(template, { file: title.hls, pathways, steering });
  return manifestAnswer('application/vnd.apple.mpegurl', body);
}

/**
 * Every pathway of the session is declared, so that steering can go back to one that recovers: those in service first,
 * in the session's order, then CloudFront, then the rest. The inline steering manifest names only the first two kinds.
 * A distribution that was taken down since is passed over.
 */
async function sessionPathways(
  context: PlaybackContext,
  request: HttpRequest,
  protocol: 'dash' | 'hls',
) {
  const title = await requireTitle(context, request);
  const token = request.query.get('session') ?? '';
  const { tokenIssuer, cloudFrontUrls, playbackUrl, steeringTtlSeconds } = context.settings;
  const claims = await requireSession(await context.sessionKeys(), {
    token,
    titleId: title.titleId,
    issuer: tokenIssuer,
    now: context.clock.now(),
  });
  const declared = (claims.pw ?? []).filter((id) => !isCloudFrontId(id) || cloudFrontUrls.has(id));
  const statusById = await statusesOrNone(context, declared);
  const inService = orderPathways(declared, (id) => statusById.get(id)?.state === 'in-service');
  const ordered = [...new Set([...inService, ...declared])];
  return {
    title,
    pathways: ordered.flatMap((pathwayId): PathwayBase[] => {
      const url = pathwayUrl(pathwayId, statusById, cloudFrontUrls);
      return url === undefined ? [] : [{ pathwayId, url: titleUrl(url, token, title.titleId) }];
    }),
    steering: steeringManifest({
      ttlSeconds: steeringTtlSeconds,
      reloadUri: `${playbackUrl}/v1/steering/${protocol}?session=${token}`,
      pathways: inService,
    }),
  };
}

/** When the fleet cannot be read, no OCA has an address and CloudFront alone is declared. */
async function statusesOrNone(
  context: PlaybackContext,
  pathways: readonly PathwayId[],
): Promise<ReadonlyMap<OcaId, OcaStatus>> {
  try {
    return await context.statuses(pathways.filter(isOcaPathway));
  } catch (failure) {
    context.log('error', 'playback.blind', faultOf(failure));
    return new Map();
  }
}

const isOcaPathway = (id: PathwayId): id is OcaId => !isCloudFrontId(id);

const manifestAnswer = (contentType: string, body: string): HttpAnswer => ({
  status: 200,
  headers: { 'Content-Type': contentType, 'Cache-Control': 'no-store' },
  body,
});
