import { expect, test } from '@jest/globals';
import type { PathwayId } from '#domain/ids.ts';
import type { ExplainedCandidate } from '#protocol/playback.ts';
import { steeringRows } from '../../../console/model/steering-rows.ts';

const candidate = (id: string, rank?: number): ExplainedCandidate => ({
  pathwayId: id as PathwayId,
  layer: id === 'cloudfront' ? 'cloudfront' : 'oca',
  verdict: rank === undefined ? 'dropped' : 'ranked',
  ...(rank !== undefined && { rank }),
  reasons: [],
});

test('rows are in the order in which a player tries, dropped candidates last', () => {
  const rows = steeringRows({
    clientAddress: '127.0.0.1',
    candidates: [candidate('metro-1'), candidate('cloudfront', 2), candidate('metro-2', 1)],
    pathwayPriority: [],
  });
  expect(rows.map(({ pathwayId }) => pathwayId)).toEqual(['metro-2', 'cloudfront', 'metro-1']);
});
