/** A finding of cdk-nag's AwsSolutions that stands, and why. */
export interface Accepted {
  readonly rule: RegExp;
  /** Of the construct, e.g. `distributary-edge/Media/Distribution/Resource`. */
  readonly path: RegExp;
  readonly reason: string;
}

const OF_FUNCTIONS = /\/Role(?:\/DefaultPolicy)?\/Resource$/;

export const ACCEPTED: readonly Accepted[] = [
  {
    rule: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    path: /^distributary-(?:control|playback-[^/]+)\/.*\/DefaultPolicy\/Resource$/,
    reason:
      'CDK adds it for X-Ray, whose actions take no resource; ours stand in the inline policy "work".',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::(?:\*|arn:aws:cloudfront::\d+:distribution\/\*)\]$/,
    path: /^distributary-control\/Functions\/Control\/Role\/Resource$/,
    reason:
      'Distributions have ids that no other stack knows: they are listed, and invalidated where they carry the tag of the deployment.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:aws:s3:::[^*]+\/(?:content|catalog|plans|runs)\/\*\]$/,
    path: OF_FUNCTIONS,
    reason: 'The objects of one prefix of one bucket.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:aws:states:.*:distributary-planning(?:\/Sites)?:\*\]$/,
    path: /^distributary-control\/Planning\/Machine\/Role\/Resource$/,
    reason:
      'Executions and map runs of this state machine alone; their names are given at run time.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::<\w+Function\w+\.Arn>:\*\]$/,
    path: /^distributary-control\/SchedulerRoleForTarget-/,
    reason: 'CDK lets the schedule invoke any version of the one function.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::(?:<\w+\.Arn>|arn:aws:s3:::distributary-(?:content|assets)-[^/]+)\/\*\]$/,
    path: /\/ReplicationRole\/DefaultPolicy\/Resource$/,
    reason: 'Replication copies every object of these buckets.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:aws:logs:\*:\d+:log-group:\/aws\/lambda\/us-east-1\.\*\]$/,
    path: /^distributary-edge\/Media\/\w+\/Role\/Resource$/,
    reason: 'Lambda@Edge logs in the region nearest to the viewer, whichever that is.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:aws:execute-api:.*\/POST\/v1\/enrolments\]$/,
    path: /^distributary-oca-[^/]+\/Role\/Resource$/,
    reason: 'One route of the enrolment API, whose id no other stack knows.',
  },
  {
    rule: /^AwsSolutions-IAM4\[.*AmazonSSMManagedInstanceCore\]$/,
    path: /^distributary-oca-[^/]+\/Role\/Resource$/,
    reason: 'What an instance needs to be reached without SSH, as AWS keeps it.',
  },
  {
    rule: /^AwsSolutions-EC23$/,
    path: /^distributary-oca-[^/]+\/Network\/SecurityGroup\/Resource$/,
    reason: 'An OCA serves everyone on port 443.',
  },
  {
    rule: /^AwsSolutions-APIG4$/,
    path: /^distributary-playback-[^/]+\/Api\//,
    reason:
      'For players. Where the streaming service entitles its viewers, the function checks their bearer token itself.',
  },
  {
    rule: /^AwsSolutions-SF1$/,
    path: /^distributary-control\/Planning\/Machine\/StateMachine\/Resource$/,
    reason: 'Errors are logged; every event of an execution is kept by Step Functions for 90 days.',
  },
  {
    rule: /^AwsSolutions-SMG4$/,
    path: /^distributary-control\/Secrets\//,
    reason:
      'Secrets Manager cannot know when OCAs and edge functions have the next public key. Plan keys rotate by a function of ours, the others by the operator: docs/deploy.md.',
  },
  {
    rule: /^AwsSolutions-SQS3$/,
    path: /^distributary-control\/DeadLetters\/Resource$/,
    reason: 'It is the dead-letter queue itself.',
  },
  {
    rule: /^AwsSolutions-L1$/,
    path: /^distributary-edge\/Media\/\w+\/Function\/Resource$/,
    reason: 'Node.js 22 is the newest that CloudFront accepts.',
  },
  {
    rule: /^AwsSolutions-CFR1$/,
    path: /^distributary-edge\/Media\//,
    reason: 'Where a title may be seen is decided by the streaming service, a title at a time.',
  },
  {
    rule: /^AwsSolutions-CFR3$/,
    path: /^distributary-edge\/Media\//,
    reason: 'It logs by standard logging v2 (AWS::Logs::Delivery), which the rule does not see.',
  },
  {
    rule: /^AwsSolutions-CFR2$/,
    path: /^distributary-edge\/Media\//,
    reason: 'AWS WAF is asked for by `waf` of the configuration.',
  },
];
