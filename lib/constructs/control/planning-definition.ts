/**
 * The planning state machine, in the Amazon States Language. Parallel work over any number of sites is Step Functions'
 * own, a Distributed Map: one invocation of the planner ends at 15 minutes.
 *
 *     Scope ─► AnySites? ─► PlanSites ═► Plan (10 sites each) ─► CountFailures ─► AllPlanned? ─► Planned
 *                  └─► NothingToPlan                                                  └─► SitesNotPlanned
 *
 * Source: Amazon States Language specification; Step Functions Developer Guide, "Using Map state in Distributed mode".
 */
export interface PlanningDefinitionOptions {
  /** Bucket of plans; runs keep their lists and results in it, below `runs/`. */
  readonly bucketName: string;
  /** ARNs of functions, or names that CloudFormation replaces by them. */
  readonly scopeFunction: string;
  readonly plannerFunction: string;
}

/**
 * Sites that one invocation plans within its 900 s. Source: `npm run bench -- planning`, CPU time a site of 6 OCAs: 1.2 s
 * with 20,000 assets, 13 s with 200,000; with 2 million, by a script once, 60 s and 2.1 GB, for disks hold no more.
 */
const SITES_PER_BATCH_MAX = 10;
/** Planners that run at once: they share the tables, whose capacity grows with use. *Assumption.* */
const PLANNERS_MAX = 40;
const TIMEOUT_SECONDS = 3600;
/** Names the map run in ARNs. */
export const MAP_LABEL = 'Sites';

/** Failures of Lambda itself, then anything: a planner that throws leaves what is planned already as it is. */
const RETRY = [
  {
    ErrorEquals: [
      'Lambda.ClientExecutionTimeoutException',
      'Lambda.ServiceException',
      'Lambda.AWSLambdaException',
      'Lambda.SdkClientException',
      'Lambda.TooManyRequestsException',
    ],
    IntervalSeconds: 2,
    MaxAttempts: 6,
    BackoffRate: 2,
    JitterStrategy: 'FULL',
  },
  { ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 2, BackoffRate: 2 },
];

export const planningDefinition = (options: PlanningDefinitionOptions): object => ({
  Comment: 'Plans what every OCA is to hold',
  QueryLanguage: 'JSONPath',
  TimeoutSeconds: TIMEOUT_SECONDS,
  StartAt: 'Scope',
  States: {
    Scope: {
      Comment: 'Which sites, and how',
      ...invoke(options.scopeFunction, { 'execution.$': '$$.Execution.Name', 'event.$': '$' }),
      Next: 'AnySites?',
    },
    'AnySites?': {
      Type: 'Choice',
      Choices: [{ Variable: '$.count', NumericEquals: 0, Next: 'NothingToPlan' }],
      Default: 'PlanSites',
    },
    NothingToPlan: { Type: 'Succeed' },
    PlanSites: { ...planSites(options), Next: 'CountFailures' },
    CountFailures: {
      Comment: 'The results are in S3; how many items failed is told by the map run',
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:sfn:describeMapRun',
      Parameters: { 'MapRunArn.$': '$.MapRunArn' },
      ResultSelector: {
        'mapRunArn.$': '$.MapRunArn',
        'succeeded.$': '$.ItemCounts.Succeeded',
        'total.$': '$.ItemCounts.Total',
      },
      Retry: [{ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 2, MaxAttempts: 5 }],
      Next: 'AllPlanned?',
    },
    'AllPlanned?': {
      Type: 'Choice',
      Choices: [{ Variable: '$.succeeded', NumericEqualsPath: '$.total', Next: 'Planned' }],
      Default: 'SitesNotPlanned',
    },
    Planned: { Type: 'Succeed' },
    SitesNotPlanned: {
      Type: 'Fail',
      Error: 'SitesNotPlanned',
      Cause: 'Batches of sites failed; the failed executions of the map run name them',
    },
  },
});

/**
 * Every batch is tried, whatever becomes of the others: with less than 100 % tolerated, the first failure would stop
 * them. Children are of the standard kind: an express one ends after five minutes, and one try may last fifteen.
 */
const planSites = ({ bucketName, plannerFunction }: PlanningDefinitionOptions) => ({
  Comment: 'Each batch of sites in an execution of its own',
  Type: 'Map',
  Label: MAP_LABEL,
  ItemReader: {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: { InputType: 'JSON' },
    Parameters: { Bucket: bucketName, 'Key.$': '$.key' },
  },
  ItemBatcher: {
    MaxItemsPerBatch: SITES_PER_BATCH_MAX,
    BatchInput: { 'order.$': '$.order' },
  },
  MaxConcurrency: PLANNERS_MAX,
  ToleratedFailurePercentage: 100,
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Plan',
    States: {
      Plan: {
        ...invoke(plannerFunction, {
          'siteIds.$': '$.Items',
          'order.$': '$.BatchInput.order',
        }),
        End: true,
      },
    },
  },
  ResultWriter: {
    Resource: 'arn:aws:states:::s3:putObject',
    Parameters: { Bucket: bucketName, 'Prefix.$': '$.resultsPrefix' },
    WriterConfig: { Transformation: 'NONE', OutputType: 'JSON' },
  },
});

const invoke = (functionName: string, payload: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: functionName, Payload: payload },
  OutputPath: '$.Payload',
  Retry: RETRY,
});
