import { buildAll } from './build/build-all.ts';
import { urlOf } from './ground/address-plan.ts';
import { type LocalCdnOptions, prepareGround } from './ground/prepare-ground.ts';

/**
 * Runs the whole CDN on this machine and returns its URL when a title can be played. Everything started is handed to
 * the teardown at once, so that a start which fails, or is interrupted, leaves nothing either.
 * @throws CdnError `address-taken`, `folder-unwritable`, `media-without-manifest`, `start-failed`, …
 */
export async function startLocalCdn(options: LocalCdnOptions): Promise<string> {
  const ground = await prepareGround(options);
  // Loaded behind the checks of the ground, which so refuse at once, and beside the build, which has the other core.
  const [build, { startParts }, { bringToPlayback }] = await Promise.all([
    buildAll(ground),
    import('./parts/start-parts.ts'),
    import('./parts/bring-to-playback.ts'),
  ]);
  await bringToPlayback(ground, await startParts(ground, build));
  return urlOf(ground.plan.gateway);
}
