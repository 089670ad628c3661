import {
  ManagedPolicy,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { SiteId } from '#domain/ids.ts';
import type { Config } from '../../config/schema.ts';
import { ocaFleetName } from '../../names.ts';

/**
 * What an instance of a site may do: enrol, fetch the agent, and be managed. Its name tells enrolment the site; EC2 alone
 * may take it, which names each session after the instance.
 */
export const ocaRole = (
  scope: Construct,
  id: string,
  { config, siteId, agent }: { config: Config; siteId: SiteId; agent: Asset },
): Role =>
  new Role(scope, id, {
    roleName: ocaFleetName(config, siteId),
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    // Session Manager: nobody needs a key or an open port to get into an instance.
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    inlinePolicies: {
      work: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ['execute-api:Invoke'],
            // The API's id is a value of another stack; no other API has this route.
            resources: [
              `arn:aws:execute-api:${config.regions.control}:${config.account}:*/*/POST/v1/enrolments`,
            ],
          }),
          new PolicyStatement({
            actions: ['s3:GetObject'],
            resources: [agent.bucket.arnForObjects(agent.s3ObjectKey)],
          }),
        ],
      }),
    },
  });
