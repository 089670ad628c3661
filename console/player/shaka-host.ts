import * as shakaModule from 'shaka-player';
import type { ShakaPlayer } from '../../player-sdk/index.ts';
import type { PlayerHost, PlayerRequest } from './player-host.ts';

interface ShakaTrack {
  readonly active: boolean;
  readonly height: number | null;
  readonly bandwidth: number;
}

/** What we use of Shaka's library. Its own declarations export a default that its CommonJS file does not have. */
interface ShakaLibrary {
  readonly polyfill: { installAll(): void };
  readonly Player: new () => ShakaPlayer & {
    addEventListener(type: 'error', listener: (event: Event) => void): unknown;
    attach(video: HTMLVideoElement): Promise<void>;
    load(url: string, startSeconds: number): Promise<unknown>;
    getVariantTracks(): readonly ShakaTrack[];
    destroy(): Promise<void>;
  };
}

/** `shaka.util.Error.Severity.CRITICAL`. */
const CRITICAL = 2;

export async function startShaka(request: PlayerRequest): Promise<PlayerHost> {
  const shaka = (shakaModule as unknown as { default: ShakaLibrary }).default;
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  const fail = (error: unknown) => {
    const { code, severity } = error as { code?: number; severity?: number };
    if (severity === CRITICAL) request.onFatal(`Shaka: error ${code}`);
  };
  player.addEventListener('error', (event) => fail((event as Event & { detail: unknown }).detail));
  const detach = request.playback.attachShaka(player);
  await player.attach(request.video);
  player.load(request.url, request.startSeconds).catch(fail);
  return {
    quality() {
      const track = player.getVariantTracks().find(({ active }) => active);
      return track && { height: track.height ?? 0, bitsPerSecond: track.bandwidth };
    },
    destroy() {
      detach();
      return player.destroy();
    },
  };
}
