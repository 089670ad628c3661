import { expect, test } from '@jest/globals';
import { ocaCard } from '../../../console/model/oca-card.ts';
import { systemState } from '../../../console/model/system-state.ts';
import { NOW, ocaOf } from './fleets.ts';

const good = ocaCard(ocaOf(), { ocaId: 'metro-1', isRunning: true }, NOW);
const gone = ocaCard(ocaOf(), { ocaId: 'metro-1', isRunning: false }, NOW);

test('an API that does not answer outweighs what was last known', () => {
  expect(systemState([good], false)).toEqual({ tone: 'bad', text: 'Control API unreachable' });
});

test('before the first answer, and without any OCA, nothing is claimed', () => {
  expect(systemState(undefined, true).tone).toBe('quiet');
  expect(systemState([], true).tone).toBe('quiet');
});

test('the fleet is as good as its OCAs', () => {
  expect(systemState([good], true)).toEqual({ tone: 'good', text: '1 OCA in service' });
  expect(systemState([good, gone], true)).toEqual({
    tone: 'warning',
    text: '1 of 2 OCAs in service',
  });
  expect(systemState([gone], true).text).toBe('No OCA in service, CloudFront serves');
});
