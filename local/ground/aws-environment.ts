import { devNull } from 'node:os';
import { type AddressPlan, urlOf } from './address-plan.ts';

/** The credentials of this machine's AWS: no secret, since whoever is on this machine is its operator. */
const credentials = { accessKeyId: 'distributary', secretAccessKey: 'on-this-machine' } as const;

/**
 * How programs here reach S3, DynamoDB, Secrets Manager and EventBridge: by the environment variables that AWS's own
 * SDK reads, and by no file of the user's home. Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
 */
export function localAws(plan: AddressPlan, region: string) {
  return {
    region,
    credentials,
    variables: {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL_S3: urlOf(plan.origin),
      AWS_ENDPOINT_URL_CLOUDFRONT: urlOf(plan.cloudFront),
      AWS_ENDPOINT_URL_DYNAMODB: urlOf(plan.dynamodb),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: urlOf(plan.secrets),
      AWS_ENDPOINT_URL_EVENTBRIDGE: urlOf(plan.eventBus),
    },
  };
}
