import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

export interface AlarmTopicProps {
  readonly topicName: string;
  /** E-mail addresses. */
  readonly recipients: readonly string[];
}

/**
 * A topic that CloudWatch's alarms may publish to. A topic with a policy of its own, as `enforceSSL` gives it one, loses
 * the default one that lets them: without the statement here alarms ring and nobody hears them. Source: AWS re:Post,
 * "Why didn't I receive an SNS notification for my CloudWatch alarm trigger?", read 2026-11.
 */
export function alarmTopic(
  scope: Construct,
  id: string,
  { topicName, recipients }: AlarmTopicProps,
): Topic {
  const { account, region } = Stack.of(scope);
  const topic = new Topic(scope, id, { topicName, enforceSSL: true });
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsPublish',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:${region}:${account}:alarm:*` },
      },
    }),
  );
  for (const recipient of recipients) topic.addSubscription(new EmailSubscription(recipient));
  return topic;
}
