import { expect, test } from '@jest/globals';
import { parseDefinition } from '../../../local/state-machine/definition.ts';
import { type DefinitionDocument, planning } from './machine-under-test.ts';

const parse = (change: (definition: DefinitionDocument) => void) => {
  const definition = planning();
  change(definition);
  return () => parseDefinition('cdn-planning', JSON.stringify(definition));
};

const cases: [string, (definition: DefinitionDocument) => void, string][] = [
  ['a field', ({ States }) => (States.Scope.Catch = []), 'States.Scope: Unrecognized key: "Catch"'],
  ['a state', ({ States }) => (States.Scope.Type = 'Parallel'), 'States.Scope.Type'],
  ['a service', ({ States }) => (States.Scope.Resource = 'arn:x'), 'States.Scope.Resource'],
  [
    'an intrinsic function',
    ({ States }) => (States.Scope.Parameters.Payload = { 'name.$': 'States.UUID()' }),
    'States.Scope.Parameters.Payload: only paths',
  ],
  [
    'a path with a filter',
    ({ States }) => (States['AnySites?'].Choices[0].Variable = '$.sites[0]'),
    'States.AnySites?.Choices.0',
  ],
  [
    'a comparison',
    ({ States }) =>
      (States['AnySites?'].Choices[0] = { Variable: '$.a', StringEquals: 'b', Next: 'Planned' }),
    'States.AnySites?.Choices.0',
  ],
  [
    'a field of a choice',
    ({ States }) => (States['AnySites?'].OutputPath = '$.count'),
    'States.AnySites?: Unrecognized key: "OutputPath"',
  ],
  [
    'a field of a state inside the map',
    ({ States }) => (States.PlanSites.ItemProcessor.States.Plan.TimeoutSeconds = 1),
    'States.PlanSites.ItemProcessor.States.Plan',
  ],
  [
    'fewer failures tolerated',
    ({ States }) => (States.PlanSites.ToleratedFailurePercentage = 5),
    'States.PlanSites.ToleratedFailurePercentage',
  ],
  ['another language', (definition) => (definition.QueryLanguage = 'JSONata'), 'QueryLanguage'],
];

test.each(cases)('%s that is not run here is refused, with its place', (_, change, place) => {
  expect(parse(change)).toThrow(
    expect.objectContaining({
      code: 'start-failed',
      message: expect.stringContaining(
        `cdn-planning uses what is not run on one machine: ${place}`,
      ),
    }),
  );
});

test('the planning is run whole', () => {
  expect(parse(() => undefined)).not.toThrow();
});
