import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import { DEFAULT_ANSWERS } from '../../../bin/configure/answers.ts';
import { prepare } from '../../../bin/configure/configure.ts';
import { placesOf } from '../../../bin/configure/save.ts';
import { Synthesized } from '../../lib/synthesized.ts';

test('a configuration of one region, which is no shield region either, synthesizes', async () => {
  const { config } = await prepare({
    example: readFileSync('config/example.yaml', 'utf8'),
    answers: {
      ...DEFAULT_ANSWERS,
      account: '123456789012',
      domain: 'cdn.example.org',
      hostedZoneId: 'Z0HELLO1',
      recipients: [],
      preset: 'one',
      region: 'eu-west-3',
    },
    places: placesOf('no-such-folder', 'production'),
    now: epochMs(Date.UTC(2026, 10, 23)),
  });
  const synthesized = await Synthesized.of(config);
  const origins = synthesized.stacks.filter((stack) => stack.startsWith('origin-'));
  expect(origins).toEqual(['origin-eu-west-3']);
  expect(synthesized.resources('AWS::CloudFront::Distribution')).toHaveLength(1);
});
