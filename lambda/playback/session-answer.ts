import { randomUUID } from 'node:crypto';
import { CdnError } from '#domain/errors.ts';
import { isCloudFrontId, isTitleId, type PathwayId, type SessionId } from '#domain/ids.ts';
import { cloudFrontOrder } from '#domain/steering/cloudfront-pathways.ts';
import type { Pathway, PlaybackSession, PlaybackTrack } from '#protocol/playback.ts';
import type { Track } from '#protocol/title-catalog.ts';
import { type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import { faultOf } from '../shared/log.ts';
import type { TitleRecord, TitleTrack } from '../shared/stores/title-store.ts';
import type { PlaybackContext } from './context.ts';
import { type ClientRanking, pathwayUrl, rankForClient } from './pathways.ts';
import { openSession, type Session, titleUrl } from './sessions.ts';

interface PathwayAddress {
  readonly pathwayId: PathwayId;
  readonly deliveryUrl: string;
}

/** `GET /v1/playback/{titleId}`: ranks, opens a session, and tells all that a player needs to begin. */
export async function sessionAnswer(
  context: PlaybackContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const title = await requireTitle(context, request);
  await context.checkEntitlement(request, title.titleId);
  const { settings, clock } = context;
  const { ocaPathwaysMax, tokenIssuer, tokenLifetimeSeconds, cloudFrontUrls } = settings;
  const { clientAddress } = request;
  const sessionId = randomUUID() as string as SessionId;
  const distributions = cloudFrontOrder(sessionId, cloudFrontUrls.size);
  const [ring, ranking] = await Promise.all([
    context.sessionKeys(),
    rankOrCloudFront(context, { clientAddress, title, ocaPathwaysMax, distributions }),
  ]);
  const session = await openSession(ring, {
    sessionId,
    title,
    pathways: ranking.pathways,
    issuer: tokenIssuer,
    lifetimeSeconds: tokenLifetimeSeconds,
    now: clock.now(),
    ...(settings.isTokenBound && { boundTo: clientAddress }),
  });
  const pathways = ranking.pathways.flatMap((pathwayId): PathwayAddress[] => {
    const deliveryUrl = pathwayUrl(pathwayId, ranking.statusById, cloudFrontUrls);
    return deliveryUrl === undefined ? [] : [{ pathwayId, deliveryUrl }];
  });
  return jsonAnswer(
    200,
    playbackSession(title, { session, pathways, playbackUrl: settings.playbackUrl }),
  );
}

/** A fleet that cannot be read is no reason not to play: CloudFront has every title. */
async function rankOrCloudFront(
  context: PlaybackContext,
  question: Parameters<typeof rankForClient>[1],
): Promise<Pick<ClientRanking, 'pathways' | 'statusById'>> {
  try {
    return await rankForClient(context, question);
  } catch (failure) {
    context.log('error', 'playback.blind', faultOf(failure));
    return { pathways: question.distributions, statusById: new Map() };
  }
}

/** @throws CdnError `title-not-found`, also for what could be no title's name. */
export async function requireTitle(
  context: PlaybackContext,
  request: HttpRequest,
): Promise<TitleRecord> {
  const { titleId = '' } = request.parameters;
  const title = isTitleId(titleId) ? await context.title(titleId) : undefined;
  if (!title) throw new CdnError('title-not-found', 'no such title is published');
  return title;
}

function playbackSession(
  title: TitleRecord,
  options: {
    readonly session: Session;
    readonly pathways: readonly PathwayAddress[];
    readonly playbackUrl: string;
  },
): PlaybackSession {
  const { session, pathways, playbackUrl } = options;
  const own = `${playbackUrl}/v1/playback/${title.titleId}`;
  const query = `?session=${session.token}`;
  const tracks = (kind: Track['kind']) =>
    title.tracks
      .filter((track) => track.kind === kind)
      .map((track) =>
        playbackTrack(track, pathways, (url) => titleUrl(url, session.token, title.titleId)),
      );
  return {
    sessionId: session.sessionId,
    expiresAt: session.expiresAt,
    ...(title.dash === undefined ? {} : { dashUrl: `${own}/manifest.mpd${query}` }),
    ...(title.hls === undefined ? {} : { hlsUrl: `${own}/main.m3u8${query}` }),
    steeringUrl: `${playbackUrl}/v1/steering/dash${query}`,
    pathways: pathways.map(pathwayOf),
    video_tracks: tracks('video'),
    audio_tracks: tracks('audio'),
  };
}

const pathwayOf = ({ pathwayId, deliveryUrl }: PathwayAddress): Pathway => ({
  id: pathwayId,
  layer: isCloudFrontId(pathwayId) ? 'cloudfront' : 'oca',
  host: new URL(deliveryUrl).host,
});

function playbackTrack(
  track: TitleTrack,
  pathways: readonly PathwayAddress[],
  baseUrl: (deliveryUrl: string) => string,
): PlaybackTrack {
  const { trackId, kind, firstFile, ...shown } = track;
  return {
    ...shown,
    cdn_urls: pathways.map(({ deliveryUrl }) => `${baseUrl(deliveryUrl)}${firstFile}`),
  };
}
