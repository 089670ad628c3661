import type { PlayerHost, PlayerRequest } from './player-host.ts';
import type { PlayerKind } from './player-kind.ts';

/** Loads the player's library, when it is first wanted, and starts it. */
export async function startPlayer(kind: PlayerKind, request: PlayerRequest): Promise<PlayerHost> {
  switch (kind) {
    case 'dashjs':
      return (await import('./dash-host.ts')).startDash(request);
    case 'hlsjs':
      return (await import('./hls-host.ts')).startHls(request);
    case 'shaka-dash':
    case 'shaka-hls':
      return (await import('./shaka-host.ts')).startShaka(request);
  }
}
