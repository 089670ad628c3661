import { expect, test } from '@jest/globals';
import type { OcaId, PathwayId } from '#domain/ids.ts';
import type { Layer } from '#protocol/fields.ts';
import { drawFlow, hopsOf, ocasOfFlow } from '../../../console/model/channel-flow.ts';
import { EMPTY_LEDGER, type RequestMark } from '../../../console/model/delivery-ledger.ts';
import { sessionOf } from '../../player-sdk/sessions.ts';

const OCA_IDS = ['metro-1', 'metro-2'] as OcaId[];

const mark = (layer: Layer | undefined, pathway: string, bytes: number): RequestMark => ({
  number: 1,
  file: 'video.mp4',
  mediaKind: 'video',
  pathwayId: pathway as PathwayId,
  layer,
  bytes,
  ttfbMs: 1,
  durationMs: 1,
  status: 206,
});

test('the drawing has the OCAs of the session and those that gave bytes before it, each once', () => {
  const ledger = {
    ...EMPTY_LEDGER,
    bytesByPathway: new Map<PathwayId, number>([
      ['cloudfront', 1],
      ['metro-2' as PathwayId, 1],
      ['exchange-1' as PathwayId, 1],
    ]),
  };
  expect(ocasOfFlow(sessionOf(), ledger)).toEqual(['metro-1', 'metro-2', 'exchange-1']);
  expect(ocasOfFlow(undefined, EMPTY_LEDGER)).toEqual([]);
});

test('bytes of an OCA run from it to the player, and bytes of S3 all the way', () => {
  expect(hopsOf('oca', 'metro-1' as PathwayId)).toEqual([['metro-1', 'player']]);
  expect(hopsOf('s3', 'metro-1' as PathwayId)).toEqual([
    ['s3', 'cloudfront'],
    ['cloudfront', 'metro-1'],
    ['metro-1', 'player'],
  ]);
  expect(hopsOf('cloudfront', 'cloudfront')).toEqual([['cloudfront', 'player']]);
});

test('a second distribution is drawn as the first is, and is no OCA', () => {
  expect(hopsOf('s3', 'cloudfront-2')).toEqual([
    ['s3', 'cloudfront'],
    ['cloudfront', 'player'],
  ]);
  const ledger = {
    ...EMPTY_LEDGER,
    bytesByPathway: new Map<PathwayId, number>([['cloudfront-2', 1]]),
  };
  expect(ocasOfFlow(undefined, ledger)).toEqual([]);
});

test('without requests there are beds and no water', () => {
  const { beds, channels } = drawFlow([], OCA_IDS, 600);
  expect(channels).toEqual([]);
  expect(beds).toHaveLength(6);
});

test('a failed request moves no water', () => {
  expect(drawFlow([mark(undefined, 'metro-1', 0)], OCA_IDS, 600).channels).toEqual([]);
});

test('channels are as wide as their share, and a trickle can still be seen', () => {
  const marks = [mark('oca', 'metro-1', 9_999_999), mark('cloudfront', 'metro-2', 1)];
  const widths = new Map(
    drawFlow(marks, OCA_IDS, 600).channels.map(({ key, width }) => [key, width]),
  );
  expect(widths.get('metro-1>player:oca')).toBeCloseTo(26, 1);
  expect(widths.get('cloudfront>metro-2:cloudfront')).toBe(1.5);
});

test('what arrives at the player is never wider than its node, however it is mixed', () => {
  const marks = (['oca', 'cloudfront', 's3'] as const).flatMap((layer) =>
    ['metro-1', 'metro-2', 'cloudfront'].map((pathway) => mark(layer, pathway, 1000)),
  );
  const drawing = drawFlow(marks, OCA_IDS, 600);
  const player = drawing.nodes.find(({ id }) => id === 'player');
  const arriving = drawing.channels.filter(({ key }) => key.includes('>player:'));
  const width = arriving.reduce((sum, channel) => sum + channel.width, 0);
  expect(width).toBeLessThanOrEqual(player?.height ?? 0);
});

test('nodes stay inside the drawing at a phone’s width and do not overlap', () => {
  const { nodes } = drawFlow([], OCA_IDS, 319);
  const columns = ['s3', 'cloudfront', 'metro-1', 'player'].map((id) =>
    nodes.find((node) => node.id === id),
  );
  const edges = columns.flatMap((node) => [node?.x ?? 0, (node?.x ?? 0) + (node?.width ?? 0)]);
  expect(edges).toEqual(edges.toSorted((one, other) => one - other));
  expect(edges.at(-1)).toBe(319);
});

test('the drawing keeps its height while the fleet is not known yet', () => {
  expect(drawFlow([], [], 600).height).toBe(drawFlow([], OCA_IDS, 600).height);
});
