import { beforeAll, expect, test } from '@jest/globals';
import { environment as fillPlanner } from '../../../lambda/fill-planner/environment.ts';
import { environment as planningScope } from '../../../lambda/planning-scope/environment.ts';
import { exampleConfig } from '../example-config.ts';
import { type Properties, Synthesized } from '../synthesized.ts';

const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:distributary-planning';
const RUNS = 'arn:aws:s3:::distributary-plans-111122223333-us-east-1/runs/*';

let example: Synthesized;
let definition: Properties;

beforeAll(async () => {
  example = await Synthesized.of(exampleConfig(), 'control', 'origin-us-east-1');
  definition = JSON.parse(machine().DefinitionString);
});

const machine = () => example.only('AWS::StepFunctions::StateMachine');
const machineId = () => example.resources('AWS::StepFunctions::StateMachine')[0]?.logicalId;
const functionId = (name: string) =>
  example
    .resources('AWS::Lambda::Function', 'control')
    .find(({ Properties }) => Properties.FunctionName === `distributary-${name}`)?.logicalId;
const statementsOf = (role: string): Properties[] =>
  example
    .resources('AWS::IAM::Role', 'control')
    .filter(({ logicalId }) => logicalId.startsWith(role))
    .flatMap(({ Properties: { Policies = [] } }) => Policies)
    .flatMap(({ PolicyDocument }: Properties) => PolicyDocument.Statement);

test.each([
  ['planning-scope', planningScope],
  ['fill-planner', fillPlanner],
])('%s gets exactly its environment, in literals', (name, names) => {
  const fn = example
    .properties('AWS::Lambda::Function', 'control')
    .find(({ FunctionName }) => FunctionName === `distributary-${name}`);
  const variables = fn.Environment.Variables;
  expect(Object.keys(variables).toSorted()).toEqual([...names].toSorted());
  expect(Object.values(variables).every((value) => typeof value === 'string')).toBe(true);
});

test('the state machine is of the standard kind, traced, and logs its failures where Step Functions may', () => {
  expect(machine()).toMatchObject({
    StateMachineName: 'distributary-planning',
    StateMachineType: 'STANDARD',
    TracingConfiguration: { Enabled: true },
    LoggingConfiguration: { Level: 'ERROR' },
    DefinitionSubstitutions: {
      ScopeFunction: { 'Fn::GetAtt': [functionId('planning-scope'), 'Arn'] },
      PlannerFunction: { 'Fn::GetAtt': [functionId('fill-planner'), 'Arn'] },
    },
  });
  const names = example.properties('AWS::Logs::LogGroup').map(({ LogGroupName }) => LogGroupName);
  expect(names).toContain('/aws/vendedlogs/states/distributary-planning');
  expect(definition.TimeoutSeconds).toBe(3600);
});

test('the map reads the list of sites, plans 10 at a time, 40 at once, and every batch whatever the others do', () => {
  const { PlanSites } = definition.States;
  expect(PlanSites).toMatchObject({
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { Bucket: 'distributary-plans-111122223333-us-east-1', 'Key.$': '$.key' },
    },
    ItemBatcher: { MaxItemsPerBatch: 10 },
    MaxConcurrency: 40,
    ToleratedFailurePercentage: 100,
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
    ResultWriter: { Parameters: { 'Prefix.$': '$.resultsPrefix' } },
  });
  expect(PlanSites.ItemProcessor.States.Plan.Retry.at(-1)).toMatchObject({
    ErrorEquals: ['States.ALL'],
  });
});

test('a run in which not every site was planned ends as failed', () => {
  expect(definition.States['AllPlanned?']).toMatchObject({
    Choices: [{ Variable: '$.succeeded', NumericEqualsPath: '$.total', Next: 'Planned' }],
    Default: 'SitesNotPlanned',
  });
  expect(definition.States.SitesNotPlanned.Type).toBe('Fail');
});

test('the state machine may call its two functions, use its own runs, and nothing else', () => {
  const statements = statementsOf('PlanningMachineRole');
  const resourcesByAction = Object.fromEntries(
    statements.flatMap(({ Action, Resource }) =>
      [Action].flat().map((action: string) => [action, [Resource].flat()]),
    ),
  );
  const executions = [
    MACHINE.replace('stateMachine', 'execution').concat('/Sites:*'),
    MACHINE.replace('stateMachine', 'execution').concat(':*'),
  ];
  expect(resourcesByAction).toEqual({
    'lambda:InvokeFunction': ['fill-planner', 'planning-scope'].map((name) => ({
      'Fn::GetAtt': [functionId(name), 'Arn'],
    })),
    's3:AbortMultipartUpload': [RUNS],
    's3:GetObject': [RUNS],
    's3:ListMultipartUploadParts': [RUNS],
    's3:PutObject': [RUNS],
    's3:ListBucket': [RUNS.replace('/runs/*', '')],
    'states:StartExecution': [MACHINE],
    'states:DescribeExecution': executions,
    'states:RedriveExecution': executions,
    'states:StopExecution': executions,
    'states:DescribeMapRun': [MACHINE.replace('stateMachine', 'mapRun').concat('/Sites:*')],
  });
  const listing = statements.find(({ Action }) => Action === 's3:ListBucket');
  expect(listing?.Condition).toEqual({ StringLike: { 's3:prefix': 'runs/*' } });
});

test('planning-scope reads the fleet and writes lists; it reads no secret and no plan', () => {
  const actions = statementsOf('PlanningFunctionsPlanningScopeRole').map(({ Action, Resource }) => [
    Action,
    Resource,
  ]);
  expect(actions).toEqual([
    [
      ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'],
      'arn:aws:dynamodb:us-east-1:111122223333:table/distributary-fleet',
    ],
    ['s3:PutObject', RUNS],
  ]);
});

test('published titles, requests and the night start it, and what cannot be started is kept', () => {
  const planning = example
    .properties('AWS::Events::Rule', 'control')
    .filter(({ Targets }) => Targets[0].Arn.Ref === machineId());
  expect(planning.map(({ EventPattern }) => EventPattern)).toEqual([
    { source: ['distributary'], 'detail-type': ['Fill Plan Requested'] },
    { source: ['distributary'], 'detail-type': ['Title Published'] },
  ]);
  expect(planning.every(({ Targets }) => Targets[0].DeadLetterConfig)).toBe(true);
  const nightly = example
    .properties('AWS::Scheduler::Schedule', 'control')
    .find(({ Name }) => Name === 'distributary-nightly-plan');
  expect(nightly).toMatchObject({
    ScheduleExpression: 'cron(0 20 * * ? *)',
    ScheduleExpressionTimezone: 'Etc/UTC',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 },
    Target: {
      Arn: { Ref: machineId() },
      Input: '{"window":"next"}',
      DeadLetterConfig: expect.anything(),
    },
  });
});

test('lists and results of runs are forgotten after a month; plans are not', () => {
  const plans = example
    .properties('AWS::S3::Bucket')
    .find(({ BucketName }) => BucketName === 'distributary-plans-111122223333-us-east-1');
  const expiring = plans.LifecycleConfiguration.Rules.filter(
    ({ ExpirationInDays }: Properties) => ExpirationInDays !== undefined,
  );
  expect(expiring).toEqual([
    { Id: 'forget-planning-runs', Prefix: 'runs/', ExpirationInDays: 30, Status: 'Enabled' },
  ]);
});
