import { expect, test } from '@jest/globals';
import { compilePattern } from '../../../local/event-bus/event-pattern.ts';

const created = {
  source: 'aws.s3',
  'detail-type': 'Object Created',
  resources: ['arn:one', 'arn:two'],
  detail: { bucket: { name: 'content' }, object: { key: 'catalog/a.json', size: 5 } },
};

test('a filter that the bus does not know is refused at the start', () => {
  expect(() => compilePattern({ source: [{ wildcard: '*' }] })).toThrow('does not know the filter');
  expect(() => compilePattern({ source: [{ prefix: 'a', suffix: 'b' }] })).toThrow('does not know');
});

const misses: object[] = [
  { source: ['aws.ec2'] },
  { source: ['aws.s3'], detail: { bucket: { name: ['other'] } } },
  { detail: { object: { key: [{ prefix: 'content/' }] } } },
  { detail: { object: { size: ['5'] } } },
  { detail: { absent: ['anything'] } },
  { detail: { absent: [{ exists: true }] } },
  { detail: { absent: { deep: [{ prefix: '' }] } } },
];
test.each(misses)('%j does not match', (pattern) => {
  expect(compilePattern(pattern as Record<string, unknown>)(created)).toBe(false);
});

const hits: object[] = [
  { source: ['aws.ec2', 'aws.s3'] },
  { detail: { bucket: { name: ['content'] }, object: { key: [{ prefix: 'catalog/' }] } } },
  { detail: { object: { key: [{ suffix: '.json' }], size: [5] } } },
  { resources: ['arn:two'] },
  { detail: { absent: [{ exists: false }] } },
];
test.each(hits)('%j matches', (pattern) => {
  expect(compilePattern(pattern as Record<string, unknown>)(created)).toBe(true);
});
