import { expect, test } from '@jest/globals';
import { type FileSystem, nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

/** The limit of the service manager, and what a busy machine adds. */
const STOPPED_WITHIN_MS = 8000;

test('an agent whose disk hangs while an asset gets its place stops without waiting for it', async () => {
  const hanging: (() => void)[] = [];
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    rename(source, target) {
      if (!source.endsWith('.part')) return nodeFileSystem.rename(source, target);
      return new Promise((resolve) => hanging.push(resolve));
    },
  };
  const site = await TestSite.start({ platform: { fileSystem } });
  try {
    site.cloudFront.put('title-1', 'video.mp4', seededBytes(5, 10_000));
    for (let round = 0; round < 2; round += 1)
      await (await site.get('/content/title-1/video.mp4')).arrayBuffer();
    await until(async () => {
      await (await site.get('/content/title-1/video.mp4')).arrayBuffer();
      return hanging.length > 0;
    }, 'an asset to be on its way to its place');
    const toldAt = performance.now();
    await site.stopAgent();
    expect(performance.now() - toldAt).toBeLessThan(STOPPED_WITHIN_MS);
    expect(site.events('store.close.given-up')).toHaveLength(1);
  } finally {
    for (const answer of hanging) answer();
    await site.stop();
  }
});
