/** The page of the playback tests: the players' own files as scripts, driven through the player SDK. */
import type { MediaPlayerClass } from 'dashjs';
import type Hls from 'hls.js';
import { type Playback, startPlayback } from '../../../player-sdk/index.ts';
import type { DriveOptions, Observation, PlayerName } from '../support/observation.ts';

/** The globals that the players' scripts leave. */
interface Library {
  readonly dashjs: { MediaPlayer(): { create(): MediaPlayerClass } };
  readonly Hls: typeof Hls;
  readonly shaka: { polyfill: { installAll(): void }; Player: new () => ShakaPlayer };
}

interface ShakaPlayer extends EventTarget {
  configure(config: object): unknown;
  attach(video: HTMLVideoElement): Promise<void>;
  load(url: string): Promise<void>;
}

const library = window as unknown as Library;
const video = document.querySelector('video') as HTMLVideoElement;
const errors: string[] = [];
const pathways: string[] = [];
const bytesByLayer: Record<string, number> = {};
const bytesByPathway: Record<string, number> = {};
let failures = 0;
let stalls = 0;
let longestFreezeMs = 0;

/** dash.js's codes for a segment that one pathway did not deliver. */
const DASH_PATHWAY_LOST = [27, 28];

async function drive(options: DriveOptions): Promise<void> {
  const { playUrl, titleId, bufferSeconds } = options;
  const playback = await startPlayback({
    playUrl,
    titleId,
    ...(bufferSeconds !== undefined && { bufferSeconds }),
    onDelivery({ layer, pathwayId, bytes }) {
      bytesByLayer[layer] = (bytesByLayer[layer] ?? 0) + bytes;
      bytesByPathway[pathwayId] = (bytesByPathway[pathwayId] ?? 0) + bytes;
    },
    onFailure: () => {
      failures += 1;
    },
    onPathwaySwitch: ({ to }) => pathways.push(to),
  });
  video.addEventListener('error', () => errors.push(`media: ${video.error?.message}`));
  await starters[options.player](playback);
  await video.play();
  video.playbackRate = options.playbackRate;
  watch();
}

const starters: Record<PlayerName, (playback: Playback) => Promise<void> | void> = {
  'dash.js': startDash,
  'hls.js': startHls,
  'Shaka DASH': (playback) => startShaka(playback, playback.session.dashUrl),
  'Shaka HLS': (playback) => startShaka(playback, playback.session.hlsUrl),
};

function startDash(playback: Playback): void {
  const player = library.dashjs.MediaPlayer().create();
  playback.attachDash(player);
  player.on('error', ({ error }: { error?: { code: number; message: string } }) => {
    if (error && !DASH_PATHWAY_LOST.includes(error.code)) errors.push(error.message);
  });
  player.initialize(video, playback.session.dashUrl ?? '', false);
}

function startHls(playback: Playback): void {
  const hls = new library.Hls();
  playback.attachHls(hls);
  hls.on(library.Hls.Events.ERROR, (_event, { fatal, details }) => {
    if (fatal) errors.push(details);
  });
  hls.loadSource(playback.session.hlsUrl ?? '');
  hls.attachMedia(video);
}

async function startShaka(playback: Playback, url: string | undefined): Promise<void> {
  library.shaka.polyfill.installAll();
  const player = new library.shaka.Player();
  playback.attachShaka(player);
  player.addEventListener('error', (event) => {
    const { severity, code } = (event as Event & { detail: { severity: number; code: number } })
      .detail;
    if (severity === 2) errors.push(`shaka ${code}`);
  });
  await player.attach(video);
  await player.load(url ?? '');
}

/** Counts stalls and times freezes from now on; playback has begun. */
function watch(): void {
  let lastPosition = video.currentTime;
  let movedAt = performance.now();
  let hasMoved = false;
  video.addEventListener('waiting', () => {
    if (hasMoved && !video.ended) stalls += 1;
  });
  setInterval(() => {
    const now = performance.now();
    if (video.currentTime !== lastPosition || video.ended) {
      hasMoved = true;
      lastPosition = video.currentTime;
      movedAt = now;
    } else if (hasMoved) longestFreezeMs = Math.max(longestFreezeMs, now - movedAt);
  }, 50);
}

const observe = (): Observation => ({
  currentTime: video.currentTime,
  duration: video.duration,
  hasEnded: video.ended,
  framesDecoded: video.getVideoPlaybackQuality().totalVideoFrames,
  pictureWidth: video.videoWidth,
  ...{ stalls, longestFreezeMs, errors, pathways, bytesByLayer, bytesByPathway, failures },
});

window.distributaryTest = { drive, observe };
