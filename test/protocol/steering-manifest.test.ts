import { expect, test } from '@jest/globals';
import type { PathwayId } from '#domain/ids.ts';
import { inlineSteering, reportedPathways, steeringManifest } from '#protocol/steering-manifest.ts';

const manifest = steeringManifest({
  ttlSeconds: 5,
  reloadUri: 'https://play.example.com/v1/steering/dash?session=t',
  pathways: ['metro-1' as PathwayId, 'cloudfront'],
});

test('the wire names are those of the specification, and TTL is always there', () => {
  expect(manifest).toEqual({
    VERSION: 1,
    TTL: 5,
    'RELOAD-URI': 'https://play.example.com/v1/steering/dash?session=t',
    'PATHWAY-PRIORITY': ['metro-1', 'cloudfront'],
  });
});

test('an inlined manifest is a data URI that any client can read', async () => {
  const response = await fetch(inlineSteering(manifest));
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual(manifest);
});

test.each([
  ['"oca2,oca1"', ['oca2', 'oca1']],
  ['oca1', ['oca1']],
  ['"oca2",,"oca1"', ['oca2', 'oca1']],
  ['', []],
  [undefined, []],
])('players report their pathways as %s', (value, names) => {
  expect(reportedPathways(value)).toEqual(names);
});
